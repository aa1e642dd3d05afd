@echo off
rem Runs resnet4j on Windows; the counterpart of the shell launcher beside it. In a clone it builds first
rem where that has not been done or where a source is newer (a removed source goes unnoticed: delete
rem .dist), and needs a JDK, 17 or later, from JAVA_HOME or from the PATH. In a distribution the jars lie
rem beside it, and a Java runtime does; one in the folder runtime is taken before any other.
rem   RESNET4J_JAVA_OPTS   further options for the Java virtual machine
rem   OMP_NUM_THREADS      threads that compute, unless --threads says so
setlocal EnableExtensions DisableDelayedExpansion
set "root=%~dp0"
set "root=%root:~0,-1%"
set "dist=%root%\.dist"

set "java="
if exist "%root%\runtime\bin\java.exe" set "java=%root%\runtime\bin\java.exe"
if not defined java if defined JAVA_HOME set "java=%JAVA_HOME%\bin\java.exe"
if not defined java for %%J in (java.exe) do set "java=%%~$PATH:J"
if not defined java goto no_java
if not exist "%java%" goto no_java
for %%H in ("%java%\..\..") do set "home=%%~fH"
set "version="
if exist "%home%\release" for /f "tokens=2 delims==" %%V in ('findstr /b "JAVA_VERSION=" "%home%\release"') do set "version=%%~V"
if not defined version for /f "tokens=3" %%V in ('""%java%" -version 2>&1 | findstr /i version"') do if not defined version set "version=%%~V"
set "major=0"
for /f "tokens=1,2 delims=.-+_" %%A in ("%version%") do if "%%A"=="1" (set "major=%%B") else (set "major=%%A")
if %major% LSS 17 goto old_java

set "flags=-XX:+UseSerialGC -Xshare:auto -Xlog:disable -Xlog:all=error:stderr"
set "flags=%flags% -Djava.awt.headless=true -Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8"
set "flags=%flags% -Dorg.bytedeco.javacpp.maxBytes=0 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0"
if %major% GEQ 24 set "flags=%flags% --sun-misc-unsafe-memory-access=allow"

set "place=%root%"
if exist "%root%\resnet4j-app.jar" goto run
call :look
if defined stale call :build || exit /b 1
set "place=%dist%\%current%"
:run
set "archive=%place%\classes-%version%.jsa"
if exist "%archive%" set flags=%flags% "-XX:SharedArchiveFile=%archive%"
call :threads %*
if not defined OMP_NUM_THREADS set "OMP_NUM_THREADS=%NUMBER_OF_PROCESSORS%"
"%java%" %flags% %RESNET4J_JAVA_OPTS% -jar "%place%\resnet4j-app.jar" %*
exit /b %ERRORLEVEL%

:no_java
echo resnet4j: no Java found: neither JAVA_HOME nor a java.exe on the PATH; install a JDK, 17 or later 1>&2
exit /b 1

:old_java
echo resnet4j: needs Java 17 or later, found "%version%" at "%java%"; set JAVA_HOME to a newer JDK 1>&2
exit /b 1

rem Sets current, and stale where there is no build or a source is newer than the copy made with it.
:look
set "stale=1"
set "current="
if not exist "%dist%\current" exit /b 0
set /p current=<"%dist%\current"
if not exist "%dist%\%current%\resnet4j-app.jar" exit /b 0
set "stale="
call :compare pom.xml sources\
call :compare resnet4j-core\pom.xml sources\resnet4j-core\
call :compare resnet4j-app\pom.xml sources\resnet4j-app\
call :compare resnet4j-core\src\main sources\resnet4j-core\src\main\
call :compare resnet4j-app\src\main sources\resnet4j-app\src\main\
exit /b 0

rem "xcopy /l /d" lists the files it would copy because they are newer or missing.
:compare
for /f "delims=" %%F in ('xcopy "%root%\%~1" "%dist%\%~2" /l /d /s /y /i 2^>nul ^| findstr "\\"') do set "stale=1"
exit /b 0

:build
if not exist "%dist%" mkdir "%dist%"
set /a waited=0
:lock
mkdir "%dist%\lock" 2>nul && goto locked
if %waited%==0 echo resnet4j: waiting for another build of it to finish (if there is none, delete "%dist%\lock") 1>&2
set /a waited+=1
ping -n 2 127.0.0.1 >nul
goto lock
:locked
call :look
if not defined stale goto unlock
echo resnet4j: building, about a minute the first time ... 1>&2
for %%S in (resnet4j-core resnet4j-app) do xcopy "%root%\%%S\src\main" "%dist%\sources\%%S\src\main\" /d /s /y /i /q >nul
for %%S in (resnet4j-core resnet4j-app) do xcopy "%root%\%%S\pom.xml" "%dist%\sources\%%S\" /d /y /i /q >nul
xcopy "%root%\pom.xml" "%dist%\sources\" /d /y /i /q >nul
pushd "%root%"
set "JAVA_HOME=%home%"
call "%root%\mvnw.cmd" -B -pl resnet4j-app -am -Dmaven.test.skip=true package >"%dist%\build.log" 2>&1
set "status=%ERRORLEVEL%"
popd
if not "%status%"=="0" goto build_failed
set "next=build-%RANDOM%%RANDOM%"
xcopy "%root%\resnet4j-app\target\resnet4j-app.jar" "%dist%\%next%\" /i /q >nul || goto copy_failed
xcopy "%root%\resnet4j-app\target\lib" "%dist%\%next%\lib\" /i /q >nul || goto copy_failed
"%java%" %flags% "-XX:ArchiveClassesAtExit=%dist%\%next%\classes-%version%.jsa" -jar "%dist%\%next%\resnet4j-app.jar" models >nul 2>&1
rem What a run still uses cannot be removed here; the next build tries again.
for /d %%D in ("%dist%\build-*") do if /i not "%%~nxD"=="%next%" rmdir /s /q "%%D" 2>nul
>"%dist%\current" echo %next%
set "current=%next%"
:unlock
rmdir /s /q "%dist%\lock"
exit /b 0

:build_failed
findstr /b /l /c:"[ERROR]" "%dist%\build.log" 1>&2
echo resnet4j: the build failed; the whole log: "%dist%\build.log" 1>&2
rmdir /s /q "%dist%\sources" "%dist%\lock"
exit /b 1

:copy_failed
echo resnet4j: cannot write "%dist%\%next%"; is the disk full? 1>&2
rmdir /s /q "%dist%\sources" "%dist%\lock"
exit /b 1

rem libgomp and its kin read OMP_NUM_THREADS once, when they are loaded.
:threads
if [%1]==[] exit /b 0
if "%~1"=="--" exit /b 0
if "%~1"=="--threads" set "OMP_NUM_THREADS=%~2"
shift
goto threads
