# Stands in for otel/opentelemetry-collector-contrib: the binary and certificates, no shell.
ARG DEBIAN
FROM $DEBIAN AS debian
FROM scratch
COPY --from=debian /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY otelcol-contrib /otelcol-contrib
USER 10001:10001
EXPOSE 4317 4318 55679
ENTRYPOINT ["/otelcol-contrib"]
CMD ["--config", "/etc/otelcol-contrib/config.yaml"]
