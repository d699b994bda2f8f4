/** Serves our own style and scripts, and uPlot from its package. They hold no secrets, so they need no sign-in. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';

const uplot = path.dirname(fileURLToPath(import.meta.resolve('uplot')));

export function assets(): Router {
  const router = Router();
  const options = {
    maxAge: '1h',
    index: false,
    setHeaders: (response: { set(name: string, value: string): unknown }) => response.set('Cache-Control', 'public, max-age=3600'),
  };
  router.get('/uplot.js', (_request, response) => response.sendFile(path.join(uplot, 'uPlot.iife.min.js'), { maxAge: '1h' }));
  router.get('/uplot.css', (_request, response) => response.sendFile(path.join(uplot, 'uPlot.min.css'), { maxAge: '1h' }));
  return router.use(express.static(path.join(import.meta.dirname, '..', 'assets'), options));
}
