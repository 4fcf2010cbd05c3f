"""What Qt needs of Linux to open windows: its system libraries, and a virtual screen where there is none."""

import contextlib
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import system_packages
from environment import LOG, VENV, child_environment
from system_packages import SetupError

# The plugins through which Qt reaches the X server and OpenGL; what they need, the other libraries need too.
_PLUGINS = ("platforms/libqxcb.so", "xcbglintegrations/*.so")
_WAYLAND_PLUGINS = ("platforms/libqwayland.so", "wayland-*-client/libqt-plugin-wayland-egl.so")

# Which package holds a library on Debian and Ubuntu; on Arch Linux, these hold all of them.
_DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
_ARCH_PACKAGES = [
    *("dbus", "fontconfig", "glib2", "libglvnd", "libxkbcommon-x11", "mesa", "wayland"),
    *("xcb-util-cursor", "xcb-util-image", "xcb-util-keysyms", "xcb-util-renderutil", "xcb-util-wm"),
]


def is_there() -> bool:
    """Whether Qt finds a screen. Only Linux goes without; who names a Qt platform knows best."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def require_libraries() -> None:
    """Installs the system libraries that Qt misses, or raises SetupError with the command that does."""
    missing = _missing_libraries()
    if not missing:
        return
    debian = sorted({_DEBIAN_PACKAGES[library] for library in missing if library in _DEBIAN_PACKAGES})
    by_capability = [f"{library}()(64bit)" for library in missing]
    system_packages.install(
        f"Qt needs system libraries that are missing here: {', '.join(missing)}",
        {
            "apt-get": debian,
            "dnf": by_capability,
            "zypper": by_capability,
            "pacman": _ARCH_PACKAGES,
        },
        LOG,
    )
    missing = _missing_libraries()
    if missing:
        raise SetupError(f"Qt still misses {', '.join(missing)}: install the packages that hold them.")


def _missing_libraries() -> list[str]:
    if not sys.platform.startswith("linux") or shutil.which("ldd") is None:
        return []
    only_wayland = os.environ.get("WAYLAND_DISPLAY") and not os.environ.get("DISPLAY")
    names = _WAYLAND_PLUGINS if only_wayland else _PLUGINS
    folder = "lib/python*/site-packages/PySide6/Qt/plugins"
    plugins = [plugin for name in names for plugin in VENV.glob(f"{folder}/{name}")]
    if not plugins:
        return []
    listed = subprocess.run(["ldd", *plugins], capture_output=True, text=True, check=False).stdout
    lines = [line.split() for line in listed.splitlines() if line.endswith("=> not found")]
    return sorted({words[0] for words in lines if not words[0].startswith("libQt6")})


def require_xvfb() -> None:
    """Installs Xvfb where Linux lacks it, or raises SetupError with the command that does."""
    if not sys.platform.startswith("linux") or shutil.which("Xvfb"):
        return
    system_packages.install(
        "A virtual screen (Xvfb) is needed and missing here",
        {
            "apt-get": ["xvfb"],
            "dnf": ["xorg-x11-server-Xvfb"],
            "zypper": ["xorg-x11-server-Xvfb"],
            "pacman": ["xorg-server-xvfb"],
        },
        LOG,
    )


@contextlib.contextmanager
def virtual() -> Iterator[dict[str, str]]:
    """A virtual screen of 1920 by 1080; gives the environment in which programs find it."""
    require_xvfb()
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1920x1080x24", "-noreset"]
    with LOG.open("a", encoding="utf-8") as log, tempfile.TemporaryDirectory() as runtime_folder:
        # In a session of its own: Ctrl+C stops the program first, then the screen.
        server = subprocess.Popen(
            [*command, "-nolisten", "tcp"],
            stdout=log,
            stderr=log,
            pass_fds=(writing,),
            start_new_session=True,
        )
        os.close(writing)
        try:
            ready, _, _ = select.select([reading], [], [], 30)
            number = os.read(reading, 16).decode().strip() if ready else ""
            if not number:
                raise SetupError(f"The virtual screen (Xvfb) does not start. Its log is {LOG}.")
            variables = {**child_environment(), "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
            variables.setdefault("XDG_RUNTIME_DIR", runtime_folder)
            yield variables
        finally:
            os.close(reading)
            server.terminate()
            server.wait()
