import createClient from "openapi-fetch";
import type { paths } from "../generated/openapi-typescript/api";
import { apiKey, baseUrl, walk } from "./walk";

const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${apiKey}` } });

await walk(
  async (cursor) => {
    const { data, error } = await client.GET("/api/v1/contacts", { params: { query: { limit: 200, cursor } } });
    if (error) throw new Error(error.detail);
    return data;
  },
  async () => (await client.GET("/api/v1/me")).error,
);
