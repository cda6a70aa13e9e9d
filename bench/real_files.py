"""Send every real file of ../shared/data/gpx on the upload page and print what became of each, as markdown.

`python -m bench.real_files` uses a database of its own, which is removed afterwards.
"""

import tempfile
from pathlib import Path

from flask_migrate import upgrade

from marchapp.app import create_app
from marchapp.extensions import db
from tests.factories import make_cast
from tests.signing_in import cookie_of
from tests.tracks.real_files import FOLDER, Outcome, files, send_along_itself, send_elsewhere


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"DATA_FOLDER": folder}, WTF_CSRF_ENABLED=False)
        with app.app_context():
            upgrade()
            cast = make_cast(db.session)
            db.session.commit()
            cookie = cookie_of(db.session, cast.guide)
            db.session.commit()
            client = app.test_client()
            with client.session_transaction() as web_session:
                web_session.update(cookie)
            print("| file | for a stage along its own line | for a stage elsewhere |\n|---|---|---|")
            for file in files():
                print(row(file, *(send(db.session, client, cast, file) for send in WAYS)))


WAYS = (send_along_itself, send_elsewhere)


def row(file: Path, own: Outcome | None, elsewhere: Outcome | None) -> str:
    cells = (one.said if one else "cannot be a planned route" for one in (own, elsewhere))
    return f"| {file.relative_to(FOLDER).as_posix()} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
