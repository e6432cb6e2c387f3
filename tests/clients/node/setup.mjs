// Addresses of the servers that `cargo xtask check --full --only clients` starts.

export function address(name) {
  const found = process.env[name];
  if (!found) throw new Error(`${name} is not set; run \`cargo xtask check --full --only clients\``);
  return found;
}

export const baseURL = address('FAKEAI_BASE_URL');
export const keyedURL = address('FAKEAI_KEYED_BASE_URL');

process.env.OPENAI_API_KEY = 'sk-any';
process.env.OPENAI_BASE_URL = baseURL;

export const RED =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
