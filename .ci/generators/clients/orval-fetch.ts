import { apiKey, baseUrl } from "./walk";

/** How code of Orval's sends a request: to the mock, with the key. */
export async function send<T>(url: string, options: RequestInit): Promise<T> {
  const headers = { ...options.headers, Authorization: `Bearer ${apiKey}` };
  const response = await fetch(`${baseUrl}${url}`, { ...options, headers });
  return { status: response.status, data: await response.json(), headers: response.headers } as T;
}
