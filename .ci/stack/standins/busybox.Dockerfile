# Stands in for busybox: Debian's static one.
ARG DEBIAN
FROM $DEBIAN AS debian
FROM scratch
COPY --from=debian /bin/busybox /bin/busybox
RUN ["/bin/busybox", "--install", "/bin"]
CMD ["sh"]
