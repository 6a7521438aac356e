# The registry in an image without anything else: one static binary, the
# certificate authorities, an unprivileged user.
#
#   docker build -t instar-registry .
#   docker run -p 8081:8081 -v instar:/var/lib/instar instar-registry

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
ENV GOMODCACHE=/cache/modules GOCACHE=/cache/build
# The modules are a layer of their own, which lasts until go.mod changes.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/cache/modules go mod download
COPY . .
ARG VERSION=dev
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/cache/modules --mount=type=cache,target=/cache/build \
    mkdir -p /out/bin /out/var/lib/instar && \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
      -ldflags "-s -w -X github.com/instar-registry/instar/cmd/registry/internal/cli.version=${VERSION}" \
      -o /out/bin/ ./cmd/...

FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title="Instar registry" \
      org.opencontainers.image.description="Schema registry that keeps events readable across versions" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/bin/ /
COPY --from=build --chown=65532:65532 /out/var/lib/instar /var/lib/instar
USER 65532:65532
WORKDIR /var/lib/instar
VOLUME /var/lib/instar
# In a container the address that others reach is the point; authentication is
# still off until it is configured, and the log says so.
ENV INSTAR_SERVER_LISTEN=:8081 \
    INSTAR_SERVER_ADMIN_LISTEN=:9081 \
    INSTAR_STORAGE_SQLITE_PATH=/var/lib/instar/instar.db \
    INSTAR_STORAGE_STAGING_DIR=/var/lib/instar
EXPOSE 8081 9081
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --start-interval=1s CMD ["/registry", "healthcheck"]
ENTRYPOINT ["/registry"]
CMD ["serve"]
