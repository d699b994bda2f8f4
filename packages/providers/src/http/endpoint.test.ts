import { expect, test } from 'vitest';
import { endpoint } from './endpoint.ts';

test('what an upstream has named stays one segment below the base URL, whatever is in it', () => {
  const access = { baseUrl: 'https://upstream.example/v1/', apiKey: 'k' };
  expect(endpoint(access, ['tasks', '../../admin?x=1#y'], { page: '1' })).toBe('https://upstream.example/v1/tasks/..%2F..%2Fadmin%3Fx%3D1%23y?page=1');
});
