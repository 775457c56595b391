# The image: the program in a virtual environment, on a plain Python image. Nothing runs as root, nothing is written
# outside /tmp, no shell is needed to run it. What goes in is bound by hashes: requirements.lock for what runs,
# requirements-build.lock for what builds the wheel.
#
# Behind a proxy or an index of one's own: --secret id=pip.conf,src=pip.conf --secret id=ca,src=ca.pem; neither stays in
# the image. A release pins the base by digest: --build-arg PYTHON_IMAGE=python@sha256:...
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_CONFIG_FILE=/run/secrets/pip.conf
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
RUN --mount=type=secret,id=pip.conf,required=false --mount=type=secret,id=ca,required=false \
    if [ -f /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
    && python -m venv --without-pip /opt/venv \
    && python -m venv --without-pip /opt/build \
    && pip --python /opt/venv/bin/python install --require-hashes --only-binary=:all: -r requirements.lock \
    && pip --python /opt/build/bin/python install --require-hashes --only-binary=:all: -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY connector connector
RUN /opt/build/bin/python -m hatchling build -t wheel -d /dist \
    && pip --python /opt/venv/bin/python install --no-deps --no-index /dist/*.whl

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:${PATH} PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 65532:65532
# Callbacks; livez, readyz and statusz; metrics.
EXPOSE 8080 8081 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["kafka-sendblue", "healthcheck"]
ENTRYPOINT ["kafka-sendblue"]
CMD ["run"]
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
# What runs says it too: sendblue_build_info{revision} tells one deploy from the next.
ENV KAFKA_SENDBLUE_REVISION=${REVISION}
LABEL org.opencontainers.image.title="kafka-sendblue" \
      org.opencontainers.image.description="Connector between Apache Kafka and Sendblue" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
