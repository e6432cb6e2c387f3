// Chat completions with the official Node SDK: streams, tool loops, zod models.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { ask, client, collect } from './setup.mjs';

const model = 'gpt-4o';
const Person = z.object({
  name: z.string(),
  age: z.number().int().min(0).max(150),
  code: z.string().regex(/^[A-Z]{2}-\d{4}$/).nullable(),
  pets: z.array(z.enum(['cat', 'dog'])).max(2),
});

test('a stream has one delta for each token, and usage at its end', async () => {
  const chunks = await collect(
    await client.chat.completions.create({
      model,
      messages: ask('Tell me of the forest.'),
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
  const last = chunks.pop();
  assert.deepEqual(last.choices, []);
  const said = chunks.filter((chunk) => chunk.choices[0].delta.content);
  assert.equal(said.length, last.usage.completion_tokens);
  assert.equal(chunks[0].choices[0].delta.role, 'assistant');
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
});

test('the stream helper gives what a plain answer is', async () => {
  const request = { model, messages: ask('Why do cats purr?') };
  const stream = client.chat.completions.stream(request);
  let text = '';
  stream.on('content', (delta) => (text += delta));
  const final = await stream.finalChatCompletion();
  const plain = await client.chat.completions.create(request);
  assert.equal(text, plain.choices[0].message.content);
  assert.equal(final.choices[0].message.content, text);
});

test('an answer parses into a zod model', async () => {
  const answer = await client.chat.completions.parse({
    model,
    messages: ask('Ada is 36 years old and has a cat.'),
    response_format: zodResponseFormat(Person, 'person'),
  });
  const { parsed } = answer.choices[0].message;
  assert.deepEqual(Person.parse(parsed), parsed);
  assert.equal(answer.choices[0].finish_reason, 'stop');
});

test('a pattern that looks ahead is refused, as zod has one for addresses', async () => {
  const Account = z.object({ email: z.email() });
  await assert.rejects(
    client.chat.completions.parse({
      model,
      messages: ask('Somebody.'),
      response_format: zodResponseFormat(Account, 'account'),
    }),
    (error) => error instanceof OpenAI.BadRequestError && /lookaround is not supported/.test(error.message),
  );
});

test('a limit that cuts a structure is an error of the SDK', async () => {
  await assert.rejects(
    client.chat.completions.parse({
      model,
      messages: ask('Somebody.'),
      response_format: zodResponseFormat(Person, 'person'),
      max_completion_tokens: 2,
    }),
    OpenAI.LengthFinishReasonError,
  );
});

test('runTools calls what is asked for, and ends', async () => {
  const seen = [];
  const tool = {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather of a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      parse: JSON.parse,
      function: ({ city }) => (seen.push(city), `18 degrees in ${city}`),
    },
  };
  const runner = client.chat.completions.runTools({
    model,
    messages: ask('What is the weather in Lisbon and in Oslo?'),
    tools: [tool],
  });
  assert.ok(await runner.finalContent());
  assert.deepEqual(seen, ['Lisbon', 'Oslo']);
  assert.equal((await runner.allChatCompletions()).length, 2);
});

test('a streamed runTools ends too', async () => {
  const seen = [];
  const runner = client.chat.completions.runTools({
    model,
    stream: true,
    messages: ask('What is magic_function(3)?'),
    tools: [
      zodFunction({
        name: 'magic_function',
        parameters: z.object({ input: z.number().int() }),
        function: ({ input }) => (seen.push(input), String(input + 2)),
      }),
    ],
  });
  assert.ok(await runner.finalContent());
  assert.deepEqual(seen, [3]);
});

test('unicode is whole in every delta', async () => {
  const stream = await client.chat.completions.create({
    model,
    messages: ask("Repeat exactly: 'ok 👩‍🚀 naïve 数据'"),
    stream: true,
  });
  const deltas = (await collect(stream)).map((chunk) => chunk.choices[0].delta.content ?? '');
  assert.ok(deltas.join('').includes('ok 👩‍🚀 naïve 数据'));
  assert.ok(deltas.every((delta) => !delta.includes('\ufffd') && delta.isWellFormed()));
});
