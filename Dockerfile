# iqa on a CPU, as no root user, with the weights inside: see docs/ci.md.
# Another backend of torch, such as cu128: docker build --build-arg TORCH_BACKEND=cu128 -t iqa .
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
ARG TORCH_BACKEND=cpu
# Extras, such as [parquet,plot].
ARG EXTRAS=
RUN python -m venv /venv && pip install --no-cache-dir uv
WORKDIR /source
COPY pyproject.toml README.md LICENSE weights.toml ./
COPY iqa_cli iqa_cli
RUN VIRTUAL_ENV=/venv uv pip install --no-cache --compile-bytecode --torch-backend=${TORCH_BACKEND} ".${EXTRAS}"

FROM python:${PYTHON}-slim
COPY --from=build /venv /venv
# Nothing is downloaded, whatever is asked for: an image is a version.
ENV PATH=/venv/bin:${PATH} IQA_OFFLINE=1
RUN useradd --create-home iqa
USER iqa
WORKDIR /data
ENTRYPOINT ["iqa"]
CMD ["--help"]
