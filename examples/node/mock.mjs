// The mock in a test suite: one process for all tests, and a world of its own for each of them.
// The types are in comments, which TypeScript and editors read.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */
/** @typedef {{ operation?: string, method?: string, requests?: number, every?: number, [more: string]: unknown }} Condition */
/** @typedef {{ number: number, method: string, path: string, query: string, status: number, [more: string]: unknown }} LoggedRequest */
/** @typedef {{ id: string, name: string }} Organization */

/**
 * Starts `outbound-mock`, or uses the one at OUTBOUND_MOCK_URL, such as a container's.
 * @param {...string} options
 */
export async function startMock(...options) {
  if (process.env.OUTBOUND_MOCK_URL) return new Mock(process.env.OUTBOUND_MOCK_URL);
  const child = spawn("outbound-mock", ["--port", "0", "--json", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const failed = once(child, "exit").then(([code]) => Promise.reject(new Error(`outbound-mock ended with ${code}`)));
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), failed]);
  failed.catch(() => {});
  return new Mock(JSON.parse(line).baseUrl, child);
}

class Mock {
  /**
   * @param {string} url
   * @param {ChildProcess} [child]
   */
  constructor(url, child) {
    this.url = url;
    this.child = child;
  }

  /**
   * A world: data, keys, limits, a clock and a request log that no other test sees. For its options see POST /_mock/worlds.
   * @param {Record<string, unknown>} options
   */
  async world(options = {}) {
    // Of a mock that runs elsewhere, only the one port may be published.
    const made = { address: this.child ? "port" : "prefix", ...options };
    return new World(await control(`${this.url}/_mock`, "POST", "/worlds", made), this.url);
  }

  async stop() {
    if (!this.child) return;
    const ended = once(this.child, "exit");
    this.child.kill();
    await ended;
  }
}

class World {
  /**
   * @param {{ id: string, baseUrl: string, apiKey: string, organization: Organization, controlUrl: string }} made
   * @param {string} mockUrl
   */
  constructor(made, mockUrl) {
    this.id = made.id;
    this.baseUrl = made.baseUrl;
    this.apiKey = made.apiKey;
    this.organization = made.organization;
    this.controlUrl = made.controlUrl;
    this.mockUrl = mockUrl;
  }

  /**
   * Moves the clock on: it can be a client's `sleep`, so that waits cost no time.
   * @param {number} seconds
   */
  advance(seconds) {
    return control(this.controlUrl, "POST", "/clock", { advance: seconds });
  }

  /**
   * @param {string} name
   * @param {Condition} condition
   */
  fault(name, condition = {}) {
    return control(this.controlUrl, "POST", "/switches", { fault: name, ...condition });
  }

  /**
   * @param {string} name
   * @param {Record<string, unknown>} parameters
   * @param {Condition} condition
   */
  hardship(name, parameters = {}, condition = {}) {
    return control(this.controlUrl, "POST", "/switches", { hardship: name, parameters, ...condition });
  }

  /**
   * The requests of the API that the world has seen, oldest first.
   * @param {Record<string, string>} filters
   * @returns {Promise<LoggedRequest[]>}
   */
  async requests(filters = {}) {
    return (await control(this.controlUrl, "GET", `/requests?${new URLSearchParams(filters)}`)).data;
  }

  /**
   * What the requests so far say of the client: the ids of the musts that it broke.
   * @returns {Promise<string[]>}
   */
  async brokenMusts() {
    /** @type {{ data: { requirements: { id: string, level: string, status: string }[] }[] }} */
    const { data } = await control(this.controlUrl, "GET", "/grade");
    const rows = data.flatMap((key) => key.requirements);
    return rows.filter((row) => row.level === "must" && row.status === "broken").map((row) => row.id);
  }

  drop() {
    return control(`${this.mockUrl}/_mock`, "DELETE", `/worlds/${this.id}`);
  }
}

/**
 * @param {string} url
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
async function control(url, method, path, body) {
  /** @type {Record<string, string>} */
  const headers = { "content-type": "application/json" };
  if (process.env.OUTBOUND_MOCK_TOKEN) headers.authorization = `Bearer ${process.env.OUTBOUND_MOCK_TOKEN}`;
  const answer = await fetch(url + path, { method, headers, body: body ? JSON.stringify(body) : undefined });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} → ${answer.status}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}
