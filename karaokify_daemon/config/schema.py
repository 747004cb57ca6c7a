"""The sections of the configuration. config.example.toml says what each key means."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, field_validator

from karaokify_daemon.config.base import Section, picture_size
from karaokify_daemon.config.highlights import Highlights, Llm
from karaokify_daemon.config.languages import LANGUAGES
from karaokify_daemon.config.notify import Notify
from karaokify_daemon.config.style import Colour, Position, Waveform
from karaokify_daemon.domain.frames import Margins

Encoder = Literal["auto", "libx264", "h264_nvenc", "h264_vaapi"]
Export = Literal["srt", "vtt", "ass", "lrc", "ultrastar", "ttml", "txt"]
Seconds = Annotated[float, Field(ge=0, le=1e7)]

# What a stranger's STEM.toml may set: how the result looks and which language is heard; never a
# path, a command, or what the machine spends.
JOB_KEYS = frozenset(
    "title byline title_as style language model size fps fit zoom font_size text_color "
    "highlight_color outline_color background_color background_gradient waveform waveform_color "
    "waveform_position no_speech loudness true_peak seconds count only clip_titles "
    "remove_disfluencies summary".split()
)

# What of [transcribe] the worker is started with: no preset has its own.
WORKER_KEYS = frozenset({"engine", "fallback_model", "device", "devices"})


def _place(value: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,2})?", value):
        raise ValueError('is neither "auto" nor "cpu" nor "cuda" nor one GPU, such as "cuda:1"')
    return value


Device = Annotated[str, AfterValidator(_place)]


class Folders(Section):
    """Where things are; relative paths are taken from the folder of the configuration file."""

    inbox: Path = Path("inbox")
    outbox: Path = Path("outbox")
    archive: Path = Path("archive")
    failed: Path = Path("failed")
    state: Path = Path("state")
    cache: Path = Path("cache")

    @property
    def moved_to(self) -> tuple[Path, Path]:
        """Where sources come when their job is over."""
        return self.archive, self.failed

    def under(self, base: Path) -> "Folders":
        """Return the same folders, absolute."""
        return Folders(**{name: base / path.expanduser() for name, path in self})


class Intake(Section):
    """How files are taken from the inbox."""

    settle_seconds: Seconds = 3.0
    rescan_seconds: Annotated[float, Field(ge=0.1, le=86400)] = 10.0
    watch: Literal["auto", "events", "poll", "off"] = "auto"
    after_success: Literal["archive", "delete", "keep"] = "archive"
    ignore: tuple[str, ...] = ()


class Transcribe(Section):
    """How speech becomes words."""

    engine: Literal["whisper-timestamped", "faster-whisper"] = "whisper-timestamped"
    model: Annotated[str, Field(min_length=1)] = "small"
    fallback_model: str = ""
    device: Device = "auto"
    devices: tuple[Device, ...] = ()
    language: str = "auto"
    download: bool = True
    threads: Annotated[int, Field(ge=0, le=1024)] = 0
    batch: Annotated[int, Field(ge=1, le=64)] = 1
    beam: Annotated[int, Field(ge=1, le=20)] = 1
    chunk_seconds: Annotated[float, Field(ge=10, le=600)] = 300.0
    vad: bool = False
    no_speech: Literal["publish", "fail"] = "publish"
    idle_unload_seconds: Seconds = 0.0
    start_seconds: Annotated[float, Field(gt=0)] = 600.0
    stall_seconds: Annotated[float, Field(gt=0)] = 300.0
    deadline_factor: Annotated[float, Field(gt=0)] = 20.0

    @property
    def places(self) -> set[str]:
        """Where models may be."""
        return set(self.devices or (self.device,))

    @field_validator("language")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in LANGUAGES | {"auto"}:
            raise ValueError("is neither auto nor a language code of Whisper's, such as en or de")
        return value


class Video(Section):
    """How the video looks."""

    size: str = "1920x1080"
    fps: int | Literal["source", "variable"] = "source"
    fit: Literal["auto", "blur", "letterbox", "crop"] = "auto"
    style: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")] = "sweep"
    styles: Path | None = None
    title: str = "{stem}"
    byline: str = ""
    title_as: Literal["header", "card", "lower-third"] = "header"
    safe_area: bool = True
    logo: Path | None = None
    logo_position: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = "top-right"
    logo_size: Annotated[float, Field(ge=1, le=50)] = 10.0
    background: Path | None = None
    background_color: Colour = "#14181F"
    background_gradient: Colour | None = None
    zoom: Annotated[float, Field(ge=0, le=30)] = 0.0
    font: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    font_size: Annotated[float, Field(ge=1, le=40)] | None = None
    text_color: Colour | None = None
    highlight_color: Colour | None = None
    outline_color: Colour | None = None
    waveform: Waveform | None = None
    waveform_color: Colour | None = None
    waveform_position: Position | None = None
    encoder: Encoder = "libx264"
    crf: Annotated[int, Field(ge=0, le=51)] = 20
    encoder_preset: Literal[
        "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower"
    ] = "veryfast"
    subtitles: bool = True
    audio_kbps: Annotated[int, Field(ge=32, le=512)] = 160

    @field_validator("title", "byline")
    @classmethod
    def _writable(cls, value: str) -> str:
        return value.encode("utf-8", "replace").decode()  # an argument may not be UTF-8

    @field_validator("fps", mode="plain")
    @classmethod
    def _rate(cls, value: object) -> object:
        if value in ("source", "variable") or (type(value) is int and 1 <= value <= 120):
            return value
        raise ValueError('is neither "source" nor "variable" nor a whole number from 1 to 120')

    @field_validator("size")
    @classmethod
    def _even(cls, value: str) -> str:
        return picture_size(value)

    @property
    def width(self) -> int:
        """Width of the picture in pixels."""
        return int(self.size.split("x")[0])

    @property
    def height(self) -> int:
        """Height of the picture in pixels."""
        return int(self.size.split("x")[1])

    @property
    def margins(self) -> Margins:
        """What is left free at the picture's edges."""
        return Margins.of(self.width, self.height, safe=self.safe_area)


class Sound(Section):
    """How loud the video is, in LUFS and dBTP."""

    loudness: float | Literal["off"] = -16.0
    true_peak: Annotated[float, Field(ge=-12, le=-0.5)] = -1.5

    @field_validator("loudness", mode="before")
    @classmethod
    def _sensible(cls, value: object) -> object:
        number = isinstance(value, int | float) and -36 <= value <= -9
        if not (value == "off" or number):
            raise ValueError('is neither "off" nor a number of LUFS from -36 to -9')
        return value

    @property
    def target(self) -> float | None:
        """The loudness to reach in LUFS; None where the sound is left as it is."""
        return None if self.loudness == "off" else self.loudness


class Publish(Section):
    """How bundles appear in the outbox."""

    mode: str = "umask"
    exports: tuple[Export, ...] = get_args(Export)

    @field_validator("mode", mode="before")
    @classmethod
    def _octal(cls, value: object) -> object:
        if not re.fullmatch("umask|06[0246]{2}", str(value)):  # a bare number is read as decimal
            raise ValueError('is neither "umask" nor a mode such as "0640", in quotation marks')
        return value

    @property
    def file_mode(self) -> int | None:
        """The permission bits of files; None where the umask decides."""
        return None if self.mode == "umask" else int(self.mode, 8)


class Limits(Section):
    """What one job, and all together, may take."""

    jobs: Annotated[int, Field(ge=1, le=64)] = 3
    workers: Annotated[int, Field(ge=0, le=16)] = 0
    decoders: Annotated[int, Field(ge=1, le=16)] = 1
    renderers: Annotated[int, Field(ge=1, le=16)] = 2
    prefetch_mb: Annotated[int, Field(ge=1)] = 2000
    drain_seconds: Seconds = 20.0
    max_duration_seconds: Seconds = 43200.0
    max_pixels: Annotated[int, Field(ge=1)] = 100_000_000
    decode_deadline_factor: Annotated[float, Field(gt=0)] = 2.0
    render_deadline_factor: Annotated[float, Field(gt=0)] = 30.0
    ffmpeg: Annotated[str, Field(min_length=1)] = "ffmpeg"
    ffprobe: Annotated[str, Field(min_length=1)] = "ffprobe"
    ffmpeg_threads: Annotated[int, Field(ge=0, le=256)] = 0
    ffmpeg_memory_mb: Annotated[int, Field(ge=0)] = 16_384
    max_input_mb: Annotated[int, Field(ge=1)] = 1_000_000
    max_output_mb: Annotated[int, Field(ge=1)] = 65_536
    nice: Annotated[int, Field(ge=0, le=19)] = 10
    min_free_memory_mb: Annotated[int, Field(ge=0)] = 128
    min_free_disk_mb: Annotated[int, Field(ge=0)] = 100
    min_free_gpu_mb: Annotated[int, Field(ge=0)] = 0
    max_load: Annotated[float, Field(ge=0)] = 0.0
    max_temperature: Annotated[float, Field(ge=0)] = 0.0
    on_battery: bool = True
    ffmpeg_rss_mb: Annotated[int, Field(ge=0)] = 0
    worker_rss_mb: Annotated[int, Field(ge=0)] = 0
    cache_mb: Annotated[int, Field(ge=0)] = 2000
    cache_days: Annotated[float, Field(ge=0)] = 0.0


class Log(Section):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"
    file: Path | None = None
    file_mb: Annotated[int, Field(ge=1, le=100_000)] = 10
    files: Annotated[int, Field(ge=2, le=1000)] = 5


class Metrics(Section):
    """Figures for Prometheus."""

    port: Annotated[int, Field(ge=0, le=65535)] = 0
    address: str = "127.0.0.1"
    textfile: Path | None = None


class Web(Section):
    """The web page."""

    port: Annotated[int, Field(ge=0, le=65535)] = 0


class Hooks(Section):
    """Commands that are run when something has happened."""

    on_done: tuple[str, ...] = ()
    on_failed: tuple[str, ...] = ()
    timeout_seconds: Annotated[float, Field(gt=0, le=86400)] = 60.0


class Config(Section):
    """Everything that can be configured."""

    folders: Folders = Folders()
    intake: Intake = Intake()
    transcribe: Transcribe = Transcribe()
    video: Video = Video()
    sound: Sound = Sound()
    presets: dict[str, dict[str, Any]] = Field(default_factory=dict)
    highlights: Highlights = Highlights()
    llm: Llm = Llm()
    publish: Publish = Publish()
    limits: Limits = Limits()
    log: Log = Log()
    metrics: Metrics = Metrics()
    web: Web = Web()
    hooks: Hooks = Hooks()
    notify: Notify = Notify()
