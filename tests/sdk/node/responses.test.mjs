// The Responses API with the official Node SDK: events, models, state, its WebSocket.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { z } from 'zod';
import { client, collect } from './setup.mjs';

const model = 'gpt-4o';

test('the stream helper gives what a plain response is', async () => {
  const request = { model, input: 'Tell me of deserts.' };
  const stream = client.responses.stream(request);
  const types = [];
  let text = '';
  for await (const event of stream) {
    types.push(event.type);
    if (event.type === 'response.output_text.delta') text += event.delta;
  }
  const final = await stream.finalResponse();
  assert.equal(types[0], 'response.created');
  assert.equal(types.at(-1), 'response.completed');
  assert.equal(final.output_text, text);
  assert.equal((await client.responses.create(request)).output_text, text);
});

test('a response parses into a zod model', async () => {
  const City = z.object({ name: z.string(), people: z.number().int(), rivers: z.array(z.string()).min(1) });
  const response = await client.responses.parse({
    model,
    input: 'Tell me of Vienna.',
    text: { format: zodTextFormat(City, 'city') },
  });
  assert.deepEqual(City.parse(response.output_parsed), response.output_parsed);
});

test('a function tool needs no more than a name and parameters', async () => {
  const parameters = {
    type: 'object',
    properties: { sign: { type: 'string' } },
    required: ['sign'],
    additionalProperties: false,
  };
  const response = await client.responses.create({
    model,
    input: 'Call get_horoscope with sign "Aquarius".',
    tools: [{ type: 'function', name: 'get_horoscope', parameters }],
  });
  assert.equal(response.output[0].name, 'get_horoscope');
  assert.deepEqual(JSON.parse(response.output[0].arguments), { sign: 'Aquarius' });
  assert.equal(response.tools[0].strict, true);
});

test('kept, listed, chained, deleted', async () => {
  const first = await client.responses.create({ model, input: 'One.' });
  const second = await client.responses.create({ model, input: 'Two.', previous_response_id: first.id });
  assert.deepEqual((await client.responses.retrieve(second.id)).output, second.output);
  const items = await collect(client.responses.inputItems.list(second.id, { order: 'asc' }));
  assert.equal(items.at(-1).content[0].text, 'Two.');
  await client.responses.delete(first.id);
  await assert.rejects(client.responses.retrieve(first.id), OpenAI.NotFoundError);
});

test('a background stream is resumed', async () => {
  const events = await collect(
    await client.responses.create({ model, input: 'Words.', background: true, stream: true }),
  );
  const resumed = await collect(
    await client.responses.retrieve(events[0].response.id, { stream: true, starting_after: 3 }),
  );
  assert.deepEqual(resumed, events.slice(4));
});

test('a turn over a WebSocket', async () => {
  const socket = new ResponsesWS(client);
  try {
    const final = await new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('response.completed', (event) => resolve(event.response));
      socket.send({ type: 'response.create', model, input: 'Hello over there.' });
    });
    const plain = await client.responses.create({ model, input: 'Hello over there.' });
    assert.equal(final.output[0].content[0].text, plain.output_text);
  } finally {
    socket.close();
  }
});
