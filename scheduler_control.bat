@echo off
rem Starts, stops and asks the scheduler in the background: scheduler_control.bat start^|stop^|restart^|status^|log
rem Needs nothing but Python 3.11 or newer; the rest is set up the first time. Reads .env beside it.
setlocal
if "%~1"=="" (
    echo Usage: scheduler_control.bat start^|stop^|restart^|status^|log [--now] [--follow] [JOB]
    exit /b 2
)
set "PYTHONUTF8=1"
where py >nul 2>nul
if errorlevel 1 (
    python "%~dp0run.py" service %*
) else (
    py -3 "%~dp0run.py" service %*
)
exit /b %ERRORLEVEL%
