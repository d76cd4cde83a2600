"""Failure hints, and the ones the platform begins with."""

from django.db import migrations, models

# Pattern, what to do. Searched in the facts of a failure first (reason:, step:, exit code:), then in its log.
HINTS = [
    # What the bundled buildpacks say of themselves.
    (r"^reason: (package-manager-none|no-buildpack)$", "Put a requirements.txt, a lock file or a package.json at the root of the source, or set the app's directory to where they lie. The buildpacks page previews who recognises it."),
    (r"^reason: (package-manager-several|lock-several|lock-of-other-manager)$", "Keep the files of the one package manager that you use, remove those of the others, and commit."),
    (r"^reason: (lock-missing|pyproject-missing)$", "A lock file and what it was made from belong together: make the one that is missing on your machine and commit both."),
    (r"^reason: (lock-out-of-date|lock-damaged)$", "Run your package manager's install on your machine, then commit the manifest and the new lock file together."),
    (r"^reason: setup-py-only$", "Add a requirements.txt with a single line: a dot. It installs what setup.py asks for."),
    (r"^reason: (pyproject-invalid|package-json-invalid|static-json-invalid|requirement-unreadable|requirements-encoding|requirements-merge-conflict|aptfile-invalid)$", "A file of your source cannot be read. The lines above the failure name it and the place in it."),
    (r"^reason: (requirements-include-missing|root-missing|no-index)$", "A file or folder that the build needs is not in the source. Look whether .gitignore or .slugignore leaves it out, or whether another buildpack has to build it first."),
    (r"^reason: (python-version-invalid|python-version-unavailable|python-missing|node-range-invalid|node-version-unavailable|engine-incompatible|requirement-needs-other-python)$", "Ask for a version that exists here: .python-version names Python's, engines.node in package.json Node's. Another stack brings others; the app's settings choose it."),
    (r"^reason: (installer-unknown|package-manager-unknown|package-manager-version-unavailable)$", "A config var or package.json names a tool that the buildpack does not have. The message lists those that it knows."),
    (r"^reason: (requirement-not-found|requirement-version-not-found|package-not-found|deb-not-found)$", "A package of that name or version does not exist where it is looked for. Correct it, or name the private index or registry in a config var."),
    (r"^reason: (requirements-conflict|dependencies-conflict|packages-conflict)$", "Two of your dependencies want different versions of a third. Loosen one of the pins."),
    (r"^reason: (requirement-other-platform|package-other-platform)$", "A dependency exists for another operating system only. Make it optional, or limit it to that system."),
    (r"^reason: (index-refused|registry-refused|git-refused)$", "The token for a private package is missing, wrong or expired. Set it as a config var for all environments: builds see no others."),
    (r"^reason: (index-certificate|registry-certificate)$", "An administrator can give the platform your company's certificates (SLIPWAY_CA_BUNDLE)."),
    (r"^reason: (index-unreachable|registry-unreachable|mirror-unreachable|registry-unknown)$", "Deploy again in a moment. If it stays, an administrator looks whether builders reach the address."),
    (r"^reason: (hash-mismatch|download-damaged)$", "What was downloaded is not what was expected. Deploy again without the cache; if it stays, make the lock file or the hashes anew."),
    (r"^reason: system-library-missing$", "Put the apt buildpack before python and list the development package in an Aptfile, such as libpq-dev, default-libmysqlclient-dev or libgdal-dev."),
    (r"^reason: (requirement-build-failed|native-build-failed)$", "A package had to be compiled and could not be. A newer release may come ready-made; missing headers come from an Aptfile and the apt buildpack, put first."),
    (r"^reason: (install-out-of-memory|out-of-memory)$", "The build ran out of memory. Choose packages that come ready-made, build with fewer parallel jobs, or ask an administrator for more (SLIPWAY_BUILD_MEMORY)."),
    (r"^reason: collectstatic-static-root$", "Set STATIC_ROOT in Django's settings, or the config var DISABLE_COLLECTSTATIC=1."),
    (r"^reason: collectstatic-missing-setting$", "Set the named value as a config var for all environments: the build does not see those of one environment."),
    (r"^reason: (collectstatic-missing-module|module-missing)$", "A module that the build needs is not among the dependencies. Packages for development only are not installed here."),
    (r"^reason: collectstatic-other$", "Run collectstatic on your machine: it says the same there. The config var DISABLE_COLLECTSTATIC=1 skips it."),
    (r"^reason: (hook-pre-compile|hook-post-compile)$", "Your own script in bin/ failed. Its output stands in the log of this step."),
    (r"^reason: (openssl-legacy|command-missing|script-failed)$", "Your own build script failed. Try it on your machine from a fresh clone, after a clean install."),
    (r"^reason: heroku-is-a-file$", "Rename the file .heroku: builds need a folder of that name."),
    (r"^reason: (repository-unsigned|repository-invalid|apt-failed)$", "apt refuses what the Aptfile asks for. Try the same packages in a container of the stack's distribution."),
    (r"^reason: (install-failed|git-failed)$", "Try the same install on your machine in a fresh environment; the tool's own words stand in the log."),
    (r"^reason: unexpected-error$", "The buildpack itself broke, not your app. Deploy again without the cache; tell an administrator if it stays."),
    # What the platform says.
    (r"^reason: slug-too-large$", "List what the running app does not need in .slugignore: tests, documentation, media."),
    (r"^reason: (procfile|procfile-unreadable)$", "The Procfile cannot be read. Each line is a name, a colon and a command."),
    (r"^reason: no-process-types$", "Nothing says how the app starts. Add a Procfile with a line such as web: gunicorn wsgi."),
    (r"^reason: not-listening$", "The web process has to listen on 0.0.0.0 and on the port in $PORT, and in time. More seconds to come up can be set on the page Processes."),
    (r"^reason: not-healthy$", "The health check did not pass in time. Compare its path or command, on the page Processes, with what the app answers."),
    (r"^reason: timeout$", "The build took too long. A cleared cache makes a build slow once; an administrator can raise the limit (SLIPWAY_BUILD_TIMEOUT)."),
    (r"^reason: release-timeout$", "The release command did not end in time. Does it wait for something, or for an answer?"),
    (r"^reason: (authentication-needed|repository-not-found)$", "Check the URL, and set an access token with the right to read it in the app's settings."),
    (r"^reason: lost$", "The platform was restarted, or a worker of it died. Deploy again."),
    (r"^exit code: 137$", "The process was killed, most likely because it ran out of memory. Give it more on the page Processes, or build with fewer parallel jobs."),
    # What tools and other people's buildpacks say.
    (r"Procfile error: ", "The Procfile cannot be read. Each line is a name, a colon and a command."),
    (r"mysql_config not found|Can not find valid pkg-config name", "MySQL's client headers are missing: list default-libmysqlclient-dev in an Aptfile and put the apt buildpack before python."),
    (r"pg_config executable not found", "PostgreSQL's client headers are missing: list libpq-dev in an Aptfile and put the apt buildpack before python, or use psycopg[binary]."),
    (r"gdal-config|sqlite3\.h: No such file", "A library of the system is missing: list its development package in an Aptfile and put the apt buildpack first."),
    (r"Unable to select a buildpack|No buildpack recognises this app", "No buildpack knows this source. Is requirements.txt or package.json at its root, or in the app's directory?"),
    (r"Error while running .* collectstatic", "Set STATIC_ROOT in Django's settings, or the config var DISABLE_COLLECTSTATIC=1."),
    (r"Requested runtime .* is not available for this stack", "This version of Python does not exist for this stack. Choose one of those that the log lists."),
    (r"HTTP error 403 while getting https?://", "The package index refuses a download. Check its address and whether the token in it may read."),
    (r"No solution found when resolving dependencies", "No set of versions fits all requirements. The lines after it name the package that does not exist or that others exclude."),
    (r"No matching distribution found for ", "The index has no such package, or no such version for this Python. Check the name, the pin, and the index's address."),
    (r"No module named 'setuptools_rust'", "pip is too old for this package. Raise pip, or pin an older release of the package."),
    (r"npm (ERR!|error) notarget No matching version found", "A version in package.json does not exist in the registry."),
    (r"npm (ERR!|error) code E404", "The registry has no such package, or it is private and needs a token in an .npmrc."),
    (r"EBADPLATFORM", "A package is made for another operating system. Move it to optionalDependencies."),
    (r"release('s status)? (taking|took) too long to complete", "The instances were not ready in time. Do they listen on $PORT, and how long do they take to start?"),
    (r"Multiple Python package manager files were found", "Keep exactly one of the lock or requirements files."),
    (r"Couldn't find any supported Python package manager files", "Add a requirements.txt or a lock file at the root of the source, or set the app's directory."),
    (r"No 'Pipfile\.lock' found", "Run pipenv lock and commit the result."),
    (r"Failed to run the bin/(pre|post)_compile script", "Your own script in bin/ failed; its output stands above that line."),
    (r"JavaScript heap out of memory|CALL_AND_RETRY_LAST Allocation failed", "Node ran out of memory while building. NODE_OPTIONS=--max_old_space_size raises its own limit, as far as the builder's reaches."),
    (r"Two different lockfiles found", "Keep one lock file: that of the package manager you use."),
    (r"npm ci. can only install packages when", "package.json and the lock file differ. Run npm install and commit both."),
    (r"Error: Cannot find module '[^/.]", "A module is missing in dependencies. What stands in devDependencies only is gone when the app runs."),
    (r"Host key verification failed|Authentication failed for|could not read Username", "Git was refused: the credentials of the source or of a private dependency are missing or wrong."),
    (r"Error R10 \(Boot timeout\)", "The web process did not listen on $PORT in time."),
    (r"Invalid HTTP_HOST header|DisallowedHost", "Add the app's address to ALLOWED_HOSTS in Django's settings."),
    (r"ModuleNotFoundError: No module named ", "A module is missing in the requirements. Packages for development only are not installed here."),
    (r"No space left on device", "The platform's disk is full. Ask an administrator to clean up."),
]


def fill(apps, schema_editor):
    """List the hints in this order."""
    hint = apps.get_model("builds", "Hint")
    hint.objects.bulk_create(
        hint(pattern=pattern, text=text, position=(number + 1) * 10) for number, (pattern, text) in enumerate(HINTS)
    )


class Migration(migrations.Migration):
    dependencies = [("builds", "0005_failure_detail")]

    operations = [
        migrations.CreateModel(
            name="Hint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pattern", models.CharField(max_length=200, unique=True)),
                ("text", models.CharField(max_length=500)),
                ("position", models.PositiveIntegerField(default=0, help_text="Those further up win.")),
                ("enabled", models.BooleanField(default=True)),
            ],
            options={"ordering": ["position", "pk"]},
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
