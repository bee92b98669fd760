// What Orval is asked to make: code for fetch, whose requests are sent by the client's own function.
module.exports = {
  api: {
    input: "../../spec/openapi.json",
    output: {
      target: "generated/orval/api.ts",
      client: "fetch",
      override: { mutator: { path: "clients/orval-fetch.ts", name: "send" } },
    },
  },
};
