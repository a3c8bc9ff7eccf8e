# Cartage on Airflow: build with `docker compose build`. Runs as the image's user airflow (50000), never as root.
FROM apache/airflow:3.3.2 AS base
COPY --chown=airflow:0 requirements.txt /home/airflow/requirements.txt
RUN pip install --no-cache-dir --require-hashes --requirement /home/airflow/requirements.txt

FROM base AS wheel
WORKDIR /home/airflow/source
COPY --chown=airflow:0 pyproject.toml README.md LICENSE ./
COPY --chown=airflow:0 include ./include
COPY --chown=airflow:0 plugins ./plugins
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /home/airflow/wheels .

FROM base
USER airflow
# The packages come as a wheel: include/ is not on Airflow's path, and a second copy would be a second identity.
COPY --from=wheel --chown=airflow:0 /home/airflow/wheels /home/airflow/wheels
RUN pip install --no-cache-dir --no-deps /home/airflow/wheels/*.whl
COPY --chown=airflow:0 dags /opt/airflow/dags
COPY --chown=airflow:0 plugins /opt/airflow/plugins
COPY --chown=airflow:0 include /opt/airflow/include
ENV CARTAGE_LANES_FILE=/opt/airflow/include/config/lanes.yaml
