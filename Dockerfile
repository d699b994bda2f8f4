# Dailies as one image: the command says which of its processes runs (docker-compose.yml). Multi-stage: what builds it is not in it.
# `npm run image:rehearse` does the steps of this file in clean folders, without an engine.

ARG NODE_VERSION=26
FROM node:${NODE_VERSION}-bookworm-slim AS base
WORKDIR /app
ENV NODE_ENV=production

# What npm needs to know of the workspaces, alone: this layer is made anew only when a dependency changes.
FROM base AS manifests
COPY package.json package-lock.json .npmrc ./
COPY apps/dashboard/package.json apps/dashboard/
COPY apps/producer/package.json apps/producer/
COPY apps/producer/bin apps/producer/bin
COPY apps/simulator/package.json apps/simulator/
COPY apps/worker/package.json apps/worker/
COPY packages/providers/package.json packages/providers/
COPY packages/queue/package.json packages/queue/
COPY packages/results/package.json packages/results/
COPY packages/telemetry/package.json packages/telemetry/

FROM manifests AS production
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM manifests AS build
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY packages packages
COPY apps apps
RUN node scripts/build.mjs --only

FROM base AS runtime
COPY --from=production /app ./
COPY --from=build /app/apps/dashboard/dist apps/dashboard/dist
COPY --from=build /app/apps/producer/dist apps/producer/dist
COPY --from=build /app/apps/simulator/dist apps/simulator/dist
COPY --from=build /app/apps/worker/dist apps/worker/dist
COPY --from=build /app/packages/providers/dist packages/providers/dist
COPY --from=build /app/packages/queue/dist packages/queue/dist
COPY --from=build /app/packages/results/dist packages/results/dist
COPY --from=build /app/packages/telemetry/dist packages/telemetry/dist
COPY apps/simulator/fixtures apps/simulator/fixtures
COPY scripts/container scripts/container
COPY LICENSE ./
# Volumes inherit these owners. The rest of the file system is never written to.
RUN mkdir -p /data/state /data/out && chown -R node:node /data
ENV DAILIES_DIR=/data/state OUT_DIR=/data/out API_HOST=0.0.0.0 DASHBOARD_HOST=0.0.0.0 WORKER_HOST=0.0.0.0
USER node
EXPOSE 3000 3001 3002
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "scripts/container/health.mjs", "http://127.0.0.1:3002/healthz"]
CMD ["node", "apps/worker/dist/main.js"]
