# syntax=docker/dockerfile:1
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run prepare && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# As in npm start: with one arena per thread, glibc keeps several times the memory that decoding a picture needs.
ENV MALLOC_ARENA_MAX=2
# Read videos, recordings and PDFs and make their thumbnails. poppler-data: Chinese, Japanese and Korean text in PDFs.
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg poppler-utils poppler-data \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist ./dist
COPY --from=build --chown=root:root /app/schema ./schema
COPY --from=build --chown=root:root /app/prisma ./prisma
COPY --from=build --chown=root:root /app/src/cli/pictures ./src/cli/pictures
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "dist/health.js"]
CMD ["node", "dist/server.js"]
