import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { startMock } from "./mock.mjs";
import { Outbound } from "./outbound.mjs";

let mock, world, client;

before(async () => {
  mock = await startMock();
});
after(() => mock.stop());

beforeEach(async () => {
  world = await mock.world({ contacts: 450 });
  client = new Outbound({ ...world, sleep: (seconds) => world.advance(seconds) });
});
afterEach(async () => {
  assert.deepEqual(await world.brokenMusts(), []);
  await world.drop();
});

const collected = async (items) => {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
};

test("all contacts are walked, over several pages", async () => {
  const ids = (await collected(client.contacts())).map((contact) => contact.id);
  assert.equal(new Set(ids).size, 450);
  assert.equal((await world.requests()).length, 3);
});

test("a refusal is waited for, as long as it says", async () => {
  await world.hardship("rate-limit-storms", { probability: 1, seconds: 30 }, { operation: "getMe", requests: 1 });
  const me = await client.me();
  assert.equal(me.organization.id, world.organization.id);
  assert.deepEqual((await world.requests()).map((request) => request.status), [429, 200]);
});

test("a server error is tried again", async () => {
  await world.hardship("server-errors", { probability: 1, status: "503" }, { requests: 2 });
  await client.me();
  assert.deepEqual((await world.requests()).map((request) => request.status), [503, 503, 200]);
});

test("short pages do not end a walk", async () => {
  await world.hardship("small-pages", { probability: 1 });
  assert.equal((await collected(client.contacts())).length, 450);
});

test("a key that was refused is told, and not tried again", async () => {
  const stranger = new Outbound({ ...world, apiKey: "obk_live_00000000000000000000000000000000" });
  await assert.rejects(stranger.me(), { status: 401, type: /invalid-api-key$/ });
  assert.equal((await world.requests()).length, 1);
});

test("a fault of the server shows in the client", async () => {
  await world.fault("cursor-skips-ties");
  assert.ok((await collected(client.contacts())).length < 450);
});
