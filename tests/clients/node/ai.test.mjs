// The AI SDK (`ai`) with its OpenAI, Azure and OpenAI-compatible providers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAzure } from '@ai-sdk/azure';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, embedMany, generateImage, generateObject, generateText, Output, stepCountIs, streamObject, streamText, tool } from 'ai';
import { z } from 'zod';
import { baseURL, keyedURL, RED } from './setup.mjs';

const origin = baseURL.replace(/\/v1$/, '');
const openai = createOpenAI({ baseURL, apiKey: 'sk-any' });
const compatible = createOpenAICompatible({ name: 'fakeai', baseURL, apiKey: 'sk-any', includeUsage: true, supportsStructuredOutputs: true });
const azure = createAzure({ baseURL: `${origin}/openai/v1`, apiKey: 'any' });
const models = {
  responses: openai('gpt-4.1'),
  chat: openai.chat('gpt-4.1'),
  compatible: compatible('gpt-4.1'),
  azure: azure('gpt-4.1'),
};
const Person = z.object({ name: z.string(), age: z.number().int() });
const weather = tool({
  description: 'Get the weather in a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `21 degrees in ${city}`,
});

for (const [name, model] of Object.entries(models)) {
  test(`${name}: an answer and its stream are the same`, async () => {
    const plain = await generateText({ model, prompt: 'How do tides work?' });
    const stream = streamText({ model, prompt: 'How do tides work?' });
    let text = '';
    for await (const part of stream.textStream) text += part;
    assert.equal(text, plain.text);
    assert.equal(await stream.finishReason, 'stop');
    assert.equal((await stream.usage).outputTokens, plain.usage.outputTokens);
    assert.deepEqual(plain.warnings ?? [], []);
  });

  test(`${name}: a tool loop ends`, async () => {
    const end = await generateText({ model, tools: { weather }, stopWhen: stepCountIs(5), prompt: 'What is the weather in Lima?' });
    assert.equal(end.steps.length, 2);
    assert.deepEqual(end.steps[0].toolCalls[0].input, { city: 'Lima' });
    assert.match(end.text, /21 degrees in Lima/);
    const stream = streamText({ model, tools: { weather }, stopWhen: stepCountIs(5), prompt: 'What is the weather in Lima?' });
    const kinds = [];
    for await (const part of stream.fullStream) kinds.push(part.type);
    assert.ok(!kinds.includes('error'));
    assert.equal(kinds.filter((kind) => kind === 'tool-result').length, 1);
  });

  test(`${name}: an object fits its schema`, async () => {
    const prompt = 'Jane Doe is 34 years old.';
    const { object } = await generateObject({ model, schema: Person, prompt });
    assert.deepEqual(object, { name: 'Jane Doe', age: 34 });
    const stream = streamObject({ model, schema: Person, prompt });
    let last;
    for await (const part of stream.partialObjectStream) last = part;
    assert.deepEqual(last, object);
    assert.deepEqual(await stream.object, object);
    const { output } = await generateText({ model, output: Output.object({ schema: Person }), prompt });
    assert.deepEqual(output, object);
  });
}

test('reasoning is told', async () => {
  const end = await generateText({
    model: openai('gpt-5'),
    prompt: 'Why do cats purr?',
    providerOptions: { openai: { reasoningEffort: 'high', reasoningSummary: 'detailed' } },
  });
  assert.ok(end.reasoningText);
  assert.ok(end.usage.outputTokenDetails?.reasoningTokens ?? end.usage.reasoningTokens > 0);
});

test('pictures go in, vectors and pictures come out', async () => {
  const end = await generateText({
    model: openai('gpt-4.1'),
    messages: [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, { type: 'image', image: Buffer.from(RED, 'base64') }] }],
  });
  assert.ok(end.text);
  const { embeddings, usage } = await embedMany({ model: openai.embedding('text-embedding-3-small'), values: ['a cat', 'a dog'] });
  assert.deepEqual([embeddings.length, embeddings[0].length], [2, 1536]);
  assert.equal(usage.tokens, 4);
  const { image } = await generateImage({ model: openai.image('gpt-image-1'), prompt: 'A cat' });
  assert.ok(image.uint8Array.length > 100);
});

test('errors tell their status, and failures are tried again', async () => {
  const wrong = createOpenAI({ baseURL: keyedURL, apiKey: 'sk-wrong' });
  await assert.rejects(generateText({ model: wrong('gpt-4.1'), prompt: 'Hi', maxRetries: 0 }), (error) => {
    assert.ok(APICallError.isInstance(error));
    assert.equal(error.statusCode, 401);
    return true;
  });
  const limited = createOpenAI({ baseURL, apiKey: 'x', headers: { 'x-fakeai-fault': '429' } });
  await assert.rejects(generateText({ model: limited('gpt-4.1'), prompt: 'Hi', maxRetries: 0 }), (error) => error.statusCode === 429 && error.isRetryable);
  const signal = AbortSignal.timeout(5);
  await assert.rejects(generateText({ model: createOpenAI({ baseURL: process.env.FAKEAI_SLOW_BASE_URL, apiKey: 'x' })('gpt-4.1'), prompt: 'Hi', abortSignal: signal }));
});
