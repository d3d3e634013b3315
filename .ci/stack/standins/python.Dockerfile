# Stands in for python:3.13: Debian's Python 3.13, called as the official image calls it,
# with this machine's certificates so that pip and uv work where it is built upon.
ARG DEBIAN
FROM $DEBIAN
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV LANG=C.UTF-8 \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
RUN rm -f /usr/lib/python3.*/EXTERNALLY-MANAGED \
    && for name in python python3 python3.13; do ln -s /usr/bin/python3.13 /usr/local/bin/$name; done \
    && for name in pip pip3; do ln -s /usr/bin/pip3 /usr/local/bin/$name; done
CMD ["python3"]
