// The OpenAI Agents SDK for Node: tools, handoffs, typed output, streams, guardrails.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent, InputGuardrailTripwireTriggered, run, setOpenAIAPI, setTracingDisabled, tool } from '@openai/agents';
import { z } from 'zod';
import './setup.mjs';

setTracingDisabled(true);
const getWeather = tool({
  name: 'get_weather',
  description: 'Get the weather in a city',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `21 degrees in ${city}`,
});

for (const api of ['responses', 'chat_completions']) {
  test(`${api}: agents call tools, hand off, fill types and stream`, async () => {
    setOpenAIAPI(api);
    const weather = new Agent({ name: 'Weather', model: 'gpt-4.1', tools: [getWeather] });
    const told = await run(weather, 'What is the weather in Tokyo?', { maxTurns: 4 });
    assert.match(told.finalOutput, /21 degrees in Tokyo/);

    const triage = Agent.create({ name: 'Triage', model: 'gpt-4.1', handoffs: [weather] });
    const handed = await run(triage, 'Transfer me to the Weather agent.', { maxTurns: 6 });
    assert.equal(handed.lastAgent.name, 'Weather');

    const Event = z.object({ name: z.string(), age: z.number() });
    const typed = new Agent({ name: 'Extract', model: 'gpt-4.1', outputType: Event });
    assert.deepEqual((await run(typed, 'Jane Doe is 34 years old.')).finalOutput, { name: 'Jane Doe', age: 34 });

    const stream = await run(weather, 'What is the weather in Oslo?', { stream: true });
    let text = '';
    for await (const part of stream.toTextStream()) text += part;
    await stream.completed;
    assert.equal(text, stream.finalOutput);

    const guarded = new Agent({
      name: 'Guarded',
      model: 'gpt-4.1',
      inputGuardrails: [{ name: 'never', execute: async () => ({ outputInfo: {}, tripwireTriggered: true }) }],
    });
    await assert.rejects(run(guarded, 'Hello'), InputGuardrailTripwireTriggered);
  });
}
