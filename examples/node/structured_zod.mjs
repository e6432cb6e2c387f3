// A structured answer, read into a zod model.
//
// Run:  fakeai server          (in another terminal)
//       npm install openai zod
//       node examples/node/structured_zod.mjs

import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const Trip = z.object({
  to: z.string(),
  days: z.number().int().min(1).max(14),
  by: z.enum(['train', 'ship']),
  stops: z.array(z.object({ town: z.string(), nights: z.number().int() })).min(1).max(3),
});

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8000/v1',
  apiKey: 'any',
});
const response = await client.responses.parse({
  model: 'gpt-4o',
  input: 'Plan a trip to Norway by train.',
  text: { format: zodTextFormat(Trip, 'trip') },
});
// Valid whenever the response is complete, whatever the schema asks for.
console.log(response.output_parsed);
