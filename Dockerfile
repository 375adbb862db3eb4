# The API, and the migrations that have to run before it:
#   docker build -t anteroom-api .
#   docker run --rm -e DATABASE_URL anteroom-api node scripts/migrate.ts deploy
ARG NODE_VERSION=24

# The packages, without what only development, tests and the embedded stores need. Install scripts stay off: esbuild's
# would fetch the binary that was left out.
FROM node:${NODE_VERSION}-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts

# Node runs TypeScript as it is, so there is nothing to build.
FROM node:${NODE_VERSION}-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY config config
COPY migrations migrations
COPY seeds seeds
COPY scripts/migrate.ts scripts/dead-letters.ts scripts/
COPY scripts/lib scripts/lib
COPY src src
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Anteroom API" \
      org.opencontainers.image.description="Accepts chats and messages and answers with their numbers at once." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER node
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + (process.env.BASE_PATH ?? '') + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "src/server.ts"]
