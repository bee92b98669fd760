// One small client for each retry library: it walks all contacts, and leaves trying again to the library and its defaults.
// `node node_clients.mjs NAME`, from a copy beside the `node_modules` that npm made.
const [name] = process.argv.slice(2);
const url = `${process.env.OUTBOUND_BASE_URL}/api/v1/contacts`;
const headers = { authorization: `Bearer ${process.env.OUTBOUND_API_KEY}` };
const timeLimit = 10_000;

const getters = {
  async fetch() {
    return async (query) => {
      const answer = await fetch(`${url}?${new URLSearchParams(query)}`, { headers, signal: AbortSignal.timeout(timeLimit) });
      if (!answer.ok) throw new Error(`${answer.status}`);
      return answer.json();
    };
  },
  async "axios-retry"() {
    const axios = (await import("axios")).default;
    const client = axios.create({ headers, timeout: timeLimit });
    (await import("axios-retry")).default(client);
    return async (query) => (await client.get(url, { params: query })).data;
  },
  async ky() {
    const ky = (await import("ky")).default;
    return (query) => ky(url, { headers, searchParams: query }).json();
  },
  async got() {
    const got = (await import("got")).default;
    return (query) => got(url, { headers, searchParams: query, timeout: { request: timeLimit } }).json();
  },
};

const get = await getters[name]();
const query = { limit: "100" };
for (let page = await get(query); page.nextCursor; page = await get(query)) query.cursor = page.nextCursor;
