"""pretix with its static files, as a web server before it would have them: for gunicorn, in pretix's environment."""

from django.conf import settings
from pretix.wsgi import application as pretix
from whitenoise import WhiteNoise

application = WhiteNoise(pretix, root=settings.STATIC_ROOT, prefix="static/")
