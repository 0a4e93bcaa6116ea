"""The environment that a worker process gets: what native code needs to run, and no secret of the person's."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = frozenset(
    {
        *("PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_DIRS", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH"),
        *("APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432"),
        *("COMMONPROGRAMFILES", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "PROCESSOR_IDENTIFIER"),
    }
)
_PREFIXES = (
    # locale, then the variables by which a person chooses and tunes devices
    *("LC_", "CUDA_", "NVIDIA_", "NV_", "HIP_", "ROCR_", "ROCM_", "HSA_", "AMD_", "GPU_", "GGML_", "VK_", "MESA_"),
    *("RADV_", "ONEAPI_", "SYCL_", "ZE_", "MTL_", "METAL_", "OMP_", "GOMP_", "KMP_", "OPENBLAS_", "MKL_"),
)
_NETWORK_NAMES = frozenset(
    {
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"),
        *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HF_ENDPOINT", "HF_HOME", "HF_HUB_CACHE"),
    }
)
_SECRET_MARKS = ("TOKEN", "KEY", "SECRET", "PASSW", "CREDENTIAL")

QUIET = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "OLIVE_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}
"""Switches off the telemetry of the native libraries."""


def worker_environment(inherited: Mapping[str, str], *, allow_network: bool = False) -> dict[str, str]:
    """The variables for a worker, chosen from ``inherited`` by an allow-list.

    Proxies, certificates and the hub's folders go along only with ``allow_network``; without it the hub's library is
    told that it is offline.
    """
    names = _NAMES | _NETWORK_NAMES if allow_network else _NAMES
    chosen = {}
    for name, value in inherited.items():
        upper = name.upper()
        if upper in names or (upper.startswith(_PREFIXES) and not any(mark in upper for mark in _SECRET_MARKS)):
            chosen[name] = value
    offline = {} if allow_network else {"HF_HUB_OFFLINE": "1"}
    return {**chosen, **QUIET, **offline}
