// The two operations on openapi-backend: it routes and validates by the document, and replays fixed answers.
"use strict";

const { readFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { join } = require("node:path");
const { OpenAPIBackend } = require("openapi-backend");

const [folder, port] = process.argv.slice(2);
const answers = { getMe: readFileSync(join(folder, "me.json")), listContacts: readFileSync(join(folder, "page.json")) };

const send = (response, status, body) =>
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length }).end(body);
const replay = (context, request, response) => send(response, 200, answers[context.operation.operationId]);
const refuse = (status) => (context, request, response) => send(response, status, "{}");

const api = new OpenAPIBackend({
  definition: JSON.parse(readFileSync(join(folder, "openapi.json"))),
  ajvOpts: { strict: false },
  quick: true, // without it the document is validated first, and OpenAPI 3.1's examples are not to its taste
  handlers: {
    getMe: replay,
    listContacts: replay,
    notFound: refuse(404),
    notImplemented: refuse(501),
    validationFail: refuse(400),
    unauthorizedHandler: refuse(401),
  },
  securityHandlers: { bearerAuth: (context) => /^Bearer ./.test(context.request.headers.authorization ?? "") },
});

api.init().then(() =>
  createServer((request, response) =>
    api.handleRequest({ method: request.method, path: request.url, headers: request.headers }, request, response),
  ).listen(Number(port), "127.0.0.1"),
);
