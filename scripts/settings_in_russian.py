"""The Russian words of the tables of settings, by the English ones.

Keyed by the whole description and not by the variable: one that changes in its class has no translation until it is
looked at again here, and `scripts.settings_table` stops with it.
"""

from __future__ import annotations

HEAD = ("переменная", "по умолчанию", "что это")

PARTS = {
    "addresses and supervisor": "адреса и супервизор",
    "engines": "движки",
    "gateway": "шлюз",
    "the sleeping engine, for tests of capacity": "спящий движок, для проверки пропускной способности",
}

DESCRIPTIONS = {
    "Allows ENGINE=sleep, which reads nothing: it sleeps in a GPU's place and answers made texts.": (
        "Разрешает ENGINE=sleep, который ничего не читает: он спит вместо GPU и отвечает выдуманным текстом."
    ),
    "Seconds of a layout batch, whatever its size.": "Секунд на пакет страниц в layout при любом его размере.",
    "Seconds of each page in a layout batch more.": "Секунд сверх того на каждую страницу пакета.",
    "Seconds of a crop up to its first token.": "Секунд на фрагмент до первого токена.",
    "Seconds of a decode step, whatever its rows.": "Секунд на шаг декодирования при любом числе строк.",
    "Seconds of each row in a decode step more.": "Секунд сверх того на каждую строку шага.",
    "Blocks that a page has.": "Сколько блоков на странице.",
    "Mean tokens of a crop; one has between half and one and a half as many.": (
        "Сколько токенов во фрагменте в среднем; в каждом — от половины до полутора от этого."
    ),
    "File that stands for the GPU: models that name the same one take turns; unset: one each.": (
        "Файл вместо GPU: модели с одним и тем же файлом работают по очереди; не задан — у каждой своё устройство."
    ),
    "Address of the gateway; 0.0.0.0 for every interface.": "Адрес шлюза; 0.0.0.0 — все интерфейсы.",
    "Port of the gateway.": "Порт шлюза.",
    "Address of Triton, which must never be open to strangers: leave it as it is.": (
        "Адрес Triton. Посторонним он не должен быть доступен никогда: не меняйте."
    ),
    "Port of Triton's HTTP API.": "Порт HTTP API Triton.",
    "Port of Triton's gRPC API.": "Порт gRPC API Triton.",
    "Port of Triton's metrics.": "Порт метрик Triton.",
    "Folder of Triton: what `make setup` laid out, or an image's /opt/tritonserver.": (
        "Каталог Triton: тот, что создал `make setup`, или /opt/tritonserver образа."
    ),
    "Folder of the Triton models.": "Каталог моделей Triton.",
    "Folder of Triton's log.": "Каталог журнала Triton.",
    "Address of an OpenTelemetry collector (OTLP over HTTP); unset: no traces.": (
        "Адрес коллектора OpenTelemetry (OTLP поверх HTTP); не задан — трассировки нет."
    ),
    "Seconds that Triton or the gateway may take to come up.": "Сколько секунд могут запускаться Triton или шлюз.",
    "Seconds that a model may do no work while it loads; then the start is given up.": (
        "Сколько секунд модель при загрузке может ничего не делать; потом запуск прекращается."
    ),
    "Seconds that work in flight may still take after SIGTERM.": "Сколько секунд после SIGTERM есть у начатой работы.",
    "Seconds between two looks at the processes.": "Секунд между проверками процессов.",
    "Seconds between two canary inferences.": "Секунд между пробными распознаваниями.",
    "Seconds that finding out the health may take; keep it above HEALTH_TIMEOUT.": (
        "Сколько секунд может занять проверка состояния; должно быть больше HEALTH_TIMEOUT."
    ),
    "Failed canaries in a row that mean a hang.": "Сколько неудачных проб подряд считаются зависанием.",
    "Restarts within RESTARTS_WINDOW before the supervisor gives up.": (
        "Сколько перезапусков за RESTARTS_WINDOW допускается, прежде чем супервизор сдаётся."
    ),
    "Seconds after which a restart is forgotten.": "Через сколько секунд перезапуск забывается.",
    "Seconds before the second restart in RESTARTS_WINDOW; each further one doubles it.": (
        "Секунд перед вторым перезапуском за RESTARTS_WINDOW; с каждым следующим удваивается."
    ),
    "The most seconds between two restarts.": "Наибольшая пауза между перезапусками, секунд.",
    "Folder of the offline PaddleOCR-VL weights, as the official images' `official_models`.": (
        "Каталог офлайн-весов PaddleOCR-VL, такой как `official_models` официальных образов."
    ),
    "Which PaddleOCR-VL to take out of MODEL_DIR; auto: the newest that is complete.": (
        "Какую PaddleOCR-VL взять из MODEL_DIR; auto — самую новую из полных."
    ),
    "Compare every file of MODEL_DIR with its manifest of SHA-256 sums at start.": (
        "Сверять при запуске каждый файл MODEL_DIR с его суммой SHA-256."
    ),
    "Which models read the pages; default: paddle where MODEL_DIR is set, else lite.": (
        "Какие модели читают страницы; по умолчанию paddle, если задан MODEL_DIR, иначе lite."
    ),
    "Where the paddle models run: cpu, gpu, gpu:1; auto takes a GPU where Paddle sees one.": (
        "Где работают модели paddle: cpu, gpu, gpu:1; auto — на GPU, если Paddle его видит."
    ),
    "CPU threads of each paddle model; default: the cores.": (
        "Потоки CPU каждой модели paddle; по умолчанию — число ядер."
    ),
    "Where crops are read: by ENGINE's own model, or by a server (VLM_URL).": (
        "Где читаются фрагменты: своей моделью ENGINE или сервером (VLM_URL)."
    ),
    "Address of an OpenAI-compatible server of PaddleOCR-VL (vLLM, SGLang, FastDeploy), up to `/v1`.": (
        "Адрес OpenAI-совместимого сервера PaddleOCR-VL (vLLM, SGLang, FastDeploy), до `/v1` включительно."
    ),
    "What kind of server answers at VLM_URL; openai: ask for nothing beyond OpenAI's API.": (
        "Что за сервер отвечает по VLM_URL; openai — не просить ничего сверх API OpenAI."
    ),
    "Name of the model at VLM_URL; default: the one PaddleOCR-VL that the server lists.": (
        "Имя модели на VLM_URL; по умолчанию — единственная PaddleOCR-VL, которую сервер называет."
    ),
    "Key that the server at VLM_URL asks for, if it does.": "Ключ для сервера на VLM_URL, если он нужен.",
    "Crops that are asked of VLM_URL at once; the others wait their turn.": (
        "Сколько фрагментов отправляется на VLM_URL одновременно; остальные ждут очереди."
    ),
    "How often a crop is sent again when its connection to VLM_URL fails.": (
        "Сколько раз повторять отправку фрагмента при сбое соединения с VLM_URL."
    ),
    "How crops travel to VLM_URL; jpeg: smaller and lossy, as the official client does.": (
        "В каком формате фрагменты идут на VLM_URL; jpeg — меньше и с потерями, как у официального клиента."
    ),
    "Colour order in which the local paddle VLM sees crops; bgr: as the official native engine.": (
        "Порядок цветов для локальной модели paddle; bgr — как у официального движка."
    ),
    "Crops that the local paddle VLM decodes at once; default: 64 on a GPU, 16 on a CPU.": (
        "Сколько фрагментов локальная модель paddle декодирует одновременно; по умолчанию 64 на GPU, 16 на CPU."
    ),
    "Tokens that its cache holds, 18 KiB each in bfloat16; default: by the memory free at start.": (
        "Сколько токенов вмещает её кэш, по 18 КиБ в bfloat16; по умолчанию — по свободной памяти при запуске."
    ),
    "A text that has gone round in a loop for so many tokens is ended (tables: six times); 0: never.": (
        "Через сколько токенов зацикливания текст обрывается (для таблиц — вшестеро больше); 0 — никогда."
    ),
    "Seconds without progress after which the decode loop is given up and restarted.": (
        "Через сколько секунд без продвижения цикл декодирования перезапускается."
    ),
    "Size of the lite engine's text models: small reads better and takes longer.": (
        "Размер текстовых моделей движка lite: small читает лучше и дольше."
    ),
    "What runs the lite models; auto: OpenVINO, the faster one, where it is installed.": (
        "На чём работают модели lite; auto — на OpenVINO, он быстрее, если установлен."
    ),
    "Folder that `python -m engines.lite.weights FOLDER` filled.": (
        "Каталог, который заполнила команда `python -m engines.lite.weights FOLDER`."
    ),
    "Worker threads of each lite model; default: twice the cores.": (
        "Рабочие потоки каждой модели lite; по умолчанию — вдвое больше числа ядер."
    ),
    "Folder of rus.traineddata and eng.traineddata, which read Russian; default: the apt packages'.": (
        "Каталог с rus.traineddata и eng.traineddata для русского; по умолчанию — каталог пакетов apt."
    ),
    "Pixels of a page image; `ocr` refuses more before it decodes.": (
        "Пикселей в изображении страницы; больше модель `ocr` не принимает, ещё до декодирования."
    ),
    "Pages that `ocr` reads at once; the next is answered UNAVAILABLE.": (
        "Сколько страниц `ocr` читает одновременно; следующая получает отказ UNAVAILABLE."
    ),
    "Seconds a page may take when its request names no deadline.": "Секунд на страницу, если запрос срока не назвал.",
    "Triton's HTTP address, several by commas, or `dns+http://name:8000` for all addresses of a name.": (
        "HTTP-адрес Triton, несколько через запятую или `dns+http://имя:8000` — все адреса имени."
    ),
    "Least level that is logged.": "Наименьший уровень записей в журнале.",
    "One line a request: plain text, or JSON.": "Строка на запрос: простой текст или JSON.",
    "File of API keys (`python -m gateway.access.make_key`), read again when it changes; unset: no key is asked for.": (
        "Файл ключей API (`python -m gateway.access.make_key`), перечитывается при изменении; не задан — ключ не нужен."
    ),
    "Paths, by commas, that need no API key, each with what lies below it.": (
        "Пути через запятую, которым ключ API не нужен, вместе со всем, что ниже."
    ),
    'How often one client (an API key, or an address) may POST: "60/minute".': (
        'Как часто один клиент (ключ API или адрес) может делать POST: "60/minute".'
    ),
    "Redis that several gateways share, such as redis://redis:6379/0.": (
        "Общий Redis нескольких шлюзов, например redis://redis:6379/0."
    ),
    "Addresses and networks, by commas, whose X-Forwarded-For and -Proto are believed.": (
        "Адреса и сети через запятую, чьим X-Forwarded-For и -Proto можно верить."
    ),
    "Origins, by commas, whose pages may call this server from a browser; *: all.": (
        "Origin через запятую, чьи страницы могут обращаться к серверу из браузера; * — любые."
    ),
    "Documents worked on at once; further ones wait.": (
        "Сколько документов обрабатывается одновременно; остальные ждут."
    ),
    "Documents that wait for a turn; further ones get 429 at once.": (
        "Сколько документов ждёт очереди; следующие сразу получают 429."
    ),
    "Largest part of MAX_REQUESTS and MAX_QUEUE that one client may hold: an API key, or an address.": (
        "Наибольшая доля MAX_REQUESTS и MAX_QUEUE у одного клиента: ключа API или адреса."
    ),
    "Open connections; further ones are closed at once. CLIENT_SHARE of them is for one address, unless it is in "
    "TRUSTED_PROXIES.": (
        "Сколько соединений открыто; следующие сразу закрываются. Одному адресу — доля CLIENT_SHARE, если он не в "
        "TRUSTED_PROXIES."
    ),
    "Seconds that a client may keep the gateway waiting: for a request; for its body, without a byte, or behind "
    "8 KiB a second.": (
        "Сколько секунд клиент может заставлять шлюз ждать: запроса; его тела — без единого байта или отставая от "
        "8 КиБ в секунду."
    ),
    "Seconds a request may take, waiting included; caps its own `timeout`.": (
        "Секунд на запрос вместе с ожиданием; ограничивает и его собственный `timeout`."
    ),
    "Seconds that a page which met a restarting engine waits for it, to be sent once more; 0: not. "
    "Pages of jobs wait as long as their job may run.": (
        "Сколько секунд страница, попавшая на перезапуск движка, ждёт его, чтобы уйти ещё раз; 0 — не ждёт. "
        "Страницы заданий ждут, сколько позволено заданию."
    ),
    "Bytes of a document, uploaded or fetched; it lies under TMPDIR meanwhile.": (
        "Байтов в документе, присланном или загруженном по адресу; всё это время он лежит в TMPDIR."
    ),
    "Bytes of what is read of one document, pictures and asked-for page images above all; its answer takes four times "
    "as much memory. Pages that a stream has told do not count, unless they are saved.": (
        "Байт прочитанного в одном документе, прежде всего рисунков и запрошенных изображений страниц; ответ занимает "
        "вчетверо больше памяти. Страницы, уже отданные потоком, не считаются, если их не сохраняют."
    ),
    "Pages read of one document.": "Сколько страниц читается в одном документе.",
    "Pixels of a page: larger images are refused, larger PDF pages drawn smaller.": (
        "Пикселей на странице: изображения крупнее не принимаются, страницы PDF рисуются мельче."
    ),
    "Pages of one document that are rendered or read at once.": (
        "Сколько страниц одного документа рисуется или читается одновременно."
    ),
    "The same of all documents, for each Triton up; at most this gateway's share of OCR_MAX_IN_FLIGHT.": (
        "То же по всем документам, на каждый работающий Triton; не больше доли шлюза в его OCR_MAX_IN_FLIGHT."
    ),
    "The same over all documents, however many Tritons are up; wins over PAGES_A_TRITON.": (
        "То же по всем документам, сколько бы Triton ни работало; сильнее PAGES_A_TRITON."
    ),
    "Resolution of rendered PDF pages if a request names none; PaddleX's APIs have 144, as there.": (
        "Разрешение страниц PDF, если запрос его не назвал; у API PaddleX — 144, как там."
    ),
    "Who draws PDF pages; auto: pdfium, and poppler where pdfium fails.": (
        "Чем рисуются страницы PDF; auto — pdfium, а где он не справился, poppler."
    ),
    "Processes that draw and check pages, and one more where several clients send them; default: the cores, at most "
    "4.": (
        "Процессы, которые рисуют и проверяют страницы, и ещё один, когда их шлют несколько клиентов; по умолчанию — "
        "число ядер, но не больше 4."
    ),
    "Seconds that drawing one page may take; who draws it where another one failed has what is left, a quarter at "
    "least.": (
        "Секунд на рисование одной страницы; тому, кто рисует её после неудачи другого, достаётся остаток, но не "
        "меньше четверти."
    ),
    "Address space of one drawing process.": "Адресное пространство одного рисующего процесса.",
    "Whether JPEG and PNG images too are decoded by nobody but a drawing process, and handed on as new PNGs; costs "
    "0.1 to 0.3 s of CPU a page.": (
        "Раскодирует ли и изображения JPEG и PNG только рисующий процесс, передавая дальше новые PNG; стоит 0,1–0,3 с "
        "процессора на страницу."
    ),
    "Whether `url` is allowed at all (on, off).": "Разрешено ли поле `url` вообще (on, off).",
    "Hosts and networks, by commas, that `url` may reach although they are internal; with a port "
    "(`files.example:8443`, `10.0.0.0/8:*`) on that one, even if URL_PORTS lacks it.": (
        "Узлы и сети через запятую, доступные для `url`, хотя они внутренние; с портом (`files.example:8443`, "
        "`10.0.0.0/8:*`) — на этом порту, даже если его нет в URL_PORTS."
    ),
    "Hosts and networks that `url` never may reach; wins over URL_ALLOW.": (
        "Узлы и сети, закрытые для `url` всегда; сильнее URL_ALLOW."
    ),
    "Ports, by commas, that `url` may reach.": "Порты через запятую, доступные для `url`.",
    "HTTP proxy that fetches for the gateway; it resolves the names, so it must refuse internal hosts.": (
        "HTTP-прокси, через который шлюз загружает файлы; имена разрешает он, поэтому внутренние узлы должен "
        "отвергать он."
    ),
    "PEM file of authorities that https is trusted of besides the system's.": (
        "Файл PEM с удостоверяющими центрами, которым верить по https помимо системных."
    ),
    "Seconds that fetching a URL may take.": "Секунд на загрузку по URL.",
    "Whether jobs are taken in and run at all (on, off).": "Принимаются ли и выполняются ли задания вообще (on, off).",
    "Where documents and results of jobs lie; with REDIS_URL a volume that all gateways see.": (
        "Где лежат документы и результаты заданий; с REDIS_URL — том, который видят все шлюзы."
    ),
    "Jobs that this gateway runs at once; 0: it takes them in for others to run.": (
        "Сколько заданий этот шлюз выполняет одновременно; 0 — только принимает для других."
    ),
    "Jobs that wait; further ones get 429. CLIENT_SHARE of it is for one client.": (
        "Сколько заданий ждёт; следующие получают 429. Одному клиенту — доля CLIENT_SHARE."
    ),
    "Seconds that a job may run, waiting not included; caps its own `timeout`.": (
        "Секунд на выполнение задания без ожидания; ограничивает и его собственный `timeout`."
    ),
    "Seconds without a sign of life after which another gateway runs a job anew.": (
        "Через сколько секунд без признаков жизни задание берёт другой шлюз."
    ),
    "Seconds after its end that a job, and its result, can be asked for.": (
        "Сколько секунд после завершения доступны задание и его результат."
    ),
    "Whether PaddleX's APIs draw what was found on each page when a request does not say.": (
        "Рисуют ли API PaddleX найденное на каждой странице, если запрос не указал."
    ),
    "Where results are kept, one folder a document.": "Где хранятся результаты, по каталогу на документ.",
    "Whether results are kept when a request does not say.": "Сохранять ли результаты, если запрос не указал.",
    "Address of the S3 service, for example Cloud.ru's.": "Адрес сервиса S3, например Cloud.ru.",
    "Region that requests to S3 are signed for.": "Регион, для которого подписываются запросы к S3.",
    "Bucket that results are uploaded to.": "Бакет для результатов.",
    "Put before the names of uploaded files.": "Что ставится перед именами загружаемых файлов.",
    "Access key; `tenant:key` where the service asks for it.": "Ключ доступа; `tenant:key`, если сервис так требует.",
    "Secret key.": "Секретный ключ.",
    "Seconds that presigned addresses of results stay good.": (
        "Сколько секунд действуют подписанные ссылки на результаты."
    ),
    "Seconds that an answer of /health is used again.": "Сколько секунд повторно отдаётся ответ /health.",
    "Seconds a canary inference of /health may take.": "Секунд на пробное распознавание в /health.",
}
