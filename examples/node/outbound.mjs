// A small client of the Outbound API: it walks lists to their end, waits when it is told to, and tries failures again.

const TRIES = 5;
const TIME_LIMIT = 20_000;
const RETRIED = new Set([429, 500, 502, 503, 504]);

const realSleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

export class OutboundError extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.type = problem?.type;
  }
}

export class Outbound {
  // `sleep` takes seconds; a test passes one that moves the mock's clock.
  constructor({ baseUrl, apiKey, sleep = realSleep }) {
    this.baseUrl = baseUrl;
    this.headers = { authorization: `Bearer ${apiKey}` };
    this.sleep = sleep;
  }

  me() {
    return this.#get("/api/v1/me");
  }

  async *contacts(filters = {}) {
    const query = new URLSearchParams({ limit: "200", ...filters });
    for (;;) {
      const page = await this.#get(`/api/v1/contacts?${query}`);
      yield* page.data;
      if (page.nextCursor == null) return;
      query.set("cursor", page.nextCursor);
    }
  }

  async #get(path) {
    for (let turn = 1; ; turn++) {
      const last = turn === TRIES;
      let answer, body;
      try {
        answer = await fetch(this.baseUrl + path, { headers: this.headers, signal: AbortSignal.timeout(TIME_LIMIT) });
        if (answer.ok) return await answer.json();
        body = await answer.json().catch(() => undefined); // a proxy's error page is no JSON
      } catch (error) {
        if (last) throw error;
      }
      if (answer && (last || !RETRIED.has(answer.status))) throw new OutboundError(answer.status, body);
      await this.sleep(Number(answer?.headers.get("retry-after")) || 0.1 * 2 ** turn);
    }
  }
}
