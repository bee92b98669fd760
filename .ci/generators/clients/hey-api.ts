import { getMe, listContacts } from "../generated/hey-api";
import { client } from "../generated/hey-api/client.gen";
import { apiKey, baseUrl, walk } from "./walk";

client.setConfig({ baseUrl, auth: apiKey });

await walk(
  async (cursor) => {
    const { data, error } = await listContacts({ query: { limit: 200, cursor } });
    if (!data) throw new Error(error?.detail);
    return data;
  },
  async () => (await getMe()).error,
);
