import { expect, test } from 'vitest';
import { Complaint } from './complaint.ts';
import { complainOfFolder } from './folder-complaint.ts';

const saidOf = (error: Error): unknown => {
  try {
    return complainOfFolder(error, '/state', 'DAILIES_DIR');
  } catch (thrown) {
    return thrown;
  }
};

test('a folder that may not be written is named, with the reason and with what names another', () => {
  const said = saidOf(Object.assign(new Error("EACCES: permission denied, mkdir '/state'"), { code: 'EACCES', syscall: 'mkdir' }));
  expect(said).toBeInstanceOf(Complaint);
  expect((said as Complaint).message).toBe(
    '/state cannot be used: this user may not write there. Name a folder that can be written with DAILIES_DIR. Nothing was done.',
  );
});

test('a disk without hard links is no lack of rights', () => {
  const said = saidOf(Object.assign(new Error("EPERM: operation not permitted, link '/state/draft' -> '/state/password'"), { code: 'EPERM', syscall: 'link' }));
  expect((said as Complaint).message).toContain('/state cannot be used: its disk has no hard links.');
});

test('what is no fault of the folder stays what it was', () => {
  for (const error of [new Error('Redis ended'), Object.assign(new Error('spawn redis-server EACCES'), { code: 'EACCES', syscall: 'spawn redis-server' })]) {
    expect(saidOf(error)).toBe(error);
  }
});
