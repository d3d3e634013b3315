# Stands in for prom/prometheus: busybox, the server and promtool, as nobody.
ARG DEBIAN
FROM $DEBIAN AS debian
FROM scratch
COPY --from=debian /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=debian /bin/busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p -m 1777 /tmp \
    && mkdir -p /etc/prometheus /prometheus \
    && printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/home:/bin/false\n' >/etc/passwd \
    && printf 'root:x:0:\nnobody:x:65534:\n' >/etc/group \
    && printf 'global: {}\n' >/etc/prometheus/prometheus.yml \
    && chown -R nobody:nobody /etc/prometheus /prometheus
COPY prometheus promtool /bin/
WORKDIR /prometheus
USER nobody
EXPOSE 9090
VOLUME /prometheus
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
