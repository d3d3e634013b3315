"""Run Peewee on SQLite, with sqlite3's instrumentation and the old semantic conventions."""

import tempfile
from contextlib import chdir

from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from peewee import CharField, ForeignKeyField, Model, SqliteDatabase, prefetch

from nplusone.tests.corpus.recording import Recorder

_DATABASE = SqliteDatabase("blog.db")
_POSTS = 9


class Author(Model):
    name = CharField()

    class Meta:
        database = _DATABASE


class Post(Model):
    author = ForeignKeyField(Author, backref="posts")
    title = CharField()

    class Meta:
        database = _DATABASE


def main() -> None:
    """Record all cases of this program."""
    recorder = Recorder("blog")
    SQLite3Instrumentor().instrument(tracer_provider=recorder.provider)
    with tempfile.TemporaryDirectory() as folder, chdir(folder), _DATABASE:
        _DATABASE.create_tables([Author, Post])
        for number in range(_POSTS):
            author = Author.create(name=f"author {number}")
            Post.create(author=author, title=f"post {number}")
        _reads(recorder)
        _writes(recorder)


def _reads(recorder: Recorder) -> None:
    with recorder.request("peewee_foreign_key", "/posts"):
        _ = [post.author.name for post in Post.select()]
    with recorder.request("peewee_foreign_key_four", "/posts"):
        _ = [post.author.name for post in Post.select().limit(4)]
    with recorder.request("peewee_join", "/posts"):
        _ = [post.author.name for post in Post.select(Post, Author).join(Author)]
    with recorder.request("peewee_backref", "/authors"):
        _ = [[post.title for post in author.posts] for author in Author.select()]
    with recorder.request("peewee_prefetch", "/authors"):
        _ = [[p.title for p in author.posts] for author in prefetch(Author.select(), Post)]
    with recorder.request("peewee_get_each", "/authors"):
        _ = [Author.get_by_id(number) for number in range(1, 8)]
    with recorder.request("peewee_get_one_again", "/authors"):
        _ = [Author.select().count() for _ in range(7)]
    with recorder.request("peewee_in", "/authors"):
        _ = list(Author.select().where(Author.id.in_(list(range(1, 8)))))
    with recorder.request("peewee_pages", "/authors"):
        _ = [list(Author.select().order_by(Author.id).paginate(n, 100)) for n in range(1, 8)]


def _writes(recorder: Recorder) -> None:
    with recorder.request("peewee_create_each", "/import"):
        for number in range(6):
            Post.create(author=1, title=f"new {number}")
    with recorder.request("peewee_insert_many", "/import"):
        Post.insert_many([{"author": 1, "title": f"new {n}"} for n in range(60)]).execute()
    with recorder.request("peewee_save_each", "/import"):
        for author in list(Author.select()):
            author.name += "!"
            author.save()


if __name__ == "__main__":
    main()
