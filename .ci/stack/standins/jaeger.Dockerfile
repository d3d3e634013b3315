# Stands in for jaegertracing/jaeger:2, which is Alpine: a shell and wget, and the binary.
ARG DEBIAN
FROM $DEBIAN AS debian
FROM scratch
COPY --from=debian /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=debian /bin/busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -m 1777 /tmp && printf 'root:x:0:0::/:/bin/sh\n' >/etc/passwd
COPY jaeger /cmd/jaeger/jaeger
COPY --chmod=755 jaeger-entrypoint /cmd/jaeger/jaeger-linux
ENV JAEGER_LISTEN_HOST=0.0.0.0
EXPOSE 4317 4318 5778 5779 9411 13132 13133 14250 14268 16686
VOLUME /tmp
ENTRYPOINT ["/cmd/jaeger/jaeger-linux"]
USER 10001
