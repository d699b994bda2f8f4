import { startSimulator, type Simulator, type SimulatorOptions } from './index.ts';

/** A client that knows nothing: it sends what a test says and gives back what came. For this package's own tests. */
export class TestClient {
  readonly simulator: Simulator;

  private constructor(simulator: Simulator) {
    this.simulator = simulator;
  }

  static async open(options: SimulatorOptions = {}): Promise<TestClient> {
    return new TestClient(await startSimulator(options));
  }

  async post(path: string, body: unknown, key = 'key'): Promise<Told> {
    return this.#tell(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...bearer(key) } });
  }

  async get(path: string, key = 'key'): Promise<Told> {
    return this.#tell(path, { headers: bearer(key) });
  }

  close(): Promise<void> {
    return this.simulator.close();
  }

  async #tell(path: string, init: RequestInit): Promise<Told> {
    const response = await fetch(this.simulator.url + path, { redirect: 'manual', ...init });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  }
}

export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

/** JSON as a test reads it: any field may be there. */
interface Json {
  readonly [field: string]: Json & string & number & boolean;
}

/** Orders that the vendors' documents show, one for each provider. */
export const ORDERS = {
  allegro: {
    path: '/v1/generateVideoSyn',
    body: { refined_prompt: 'Handsome man running on the streets of Tokyo', user_prompt: 'running man', num_step: 100, cfg_scale: 7.5, rand_seed: 12345 },
  },
  kling: { path: '/v1/ai/ep1/kling/videos/text2video', body: { model_name: 'kling-v1', prompt: 'The little dog is running on the grass.' } },
  hailuo: { path: '/hailuo/videos', body: { action: 'generate', prompt: 'Internal heat', async: true } },
  pika: { path: '/pika/videos', body: { action: 'generate', prompt: 'moving', model: '2.0', async: true } },
  luma: { path: '/luma/videos', body: { action: 'generate', prompt: 'Astronauts shuttle from space to volcano', async: true } },
} as const;

function bearer(key: string): Record<string, string> {
  return key === '' ? {} : { authorization: `Bearer ${key}` };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}
