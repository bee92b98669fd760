// A receiver of deliveries on Express, as its documentation has it, with Stripe's SDK to verify signatures: `node receiver.mjs PORT`.
import express from "express";
import Stripe from "stripe";

const { webhooks } = new Stripe("sk_test_unused");
const app = express();

app.post("/hook", express.raw({ type: "*/*" }), (request, response) => {
  try {
    const event = webhooks.constructEvent(
      request.body,
      request.headers["x-outbound-signature"],
      process.env.OUTBOUND_WEBHOOK_SECRET,
    );
    response.sendStatus(event?.eventType ? 204 : 400);
  } catch {
    response.sendStatus(400);
  }
});

app.listen(Number(process.argv[2]), "127.0.0.1");
