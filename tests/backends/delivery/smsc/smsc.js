// An SMSC on the npm package `smpp`: node smsc.js MESSAGES [CERTIFICATE KEY].
//
// It answers with hexadecimal ids and sends receipts with decimal ones: a third before the answer, a third
// after it, the rest when MESSAGES have come. It says its port, then each message as it understood it, and
// asks for a sign of life now and then. One line of JSON each.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

// Installed into a folder of the test's own, so looked for where the test runs.
const smpp = require(require.resolve("smpp", { paths: [process.cwd(), path.dirname(__filename)] }));

const FIRST_ID = 0xa0000;
const LIFE_EVERY = 100;

const [messages, certificate, key] = process.argv.slice(2);
const options = certificate ? { cert: fs.readFileSync(certificate), key: fs.readFileSync(key) } : {};

const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");

function receipt(session, pdu, number) {
  const id = String(number).padStart(10, "0");
  const state = pdu.destination_addr.endsWith("7") ? "UNDELIV" : "DELIVRD";
  const deliver = {
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
    short_message:
      `id:${id} sub:001 dlvrd:001 submit date:2611240645 done date:2611240646 ` +
      `stat:${state} err:000 text:${pdu.short_message.message.slice(0, 20)}`,
  };
  session.deliver_sm(deliver, (answer) => {
    if (answer.command_status !== smpp.ESME_ROK) say({ unusual: "receipt refused" });
  });
}

function open(session) {
  let count = 0;
  const late = [];

  const bound = (pdu) => {
    say({ bound: pdu.system_id, password: pdu.password, version: pdu.interface_version });
    session.send(pdu.response({ system_id: "SMSC" }));
  };

  const submitted = (pdu) => {
    const number = FIRST_ID + count;
    count += 1;
    say({
      to: "+" + pdu.destination_addr,
      text: pdu.short_message.message,
      coding: pdu.data_coding,
      receipt: pdu.registered_delivery,
    });
    if (number % 3 === 0) receipt(session, pdu, number);
    session.send(pdu.response({ message_id: number.toString(16) }));
    if (number % 3 === 1) receipt(session, pdu, number);
    if (number % 3 === 2) late.push([pdu, number]);
    if (count % LIFE_EVERY === 0) session.enquire_link({}, () => say({ alive: true }));
    if (count === Number(messages)) for (const [old, id] of late) receipt(session, old, id);
  };

  session.on("bind_transceiver", bound);
  session.on("submit_sm", submitted);
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => {
    say({ unbound: true });
    session.send(pdu.response(), () => session.close());
  });
  session.on("error", (trouble) => say({ unusual: String(trouble) }));
}

const server = smpp.createServer(options, open);
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
