/* The guest's first process: loads the modules it was packed with, puts a writable layer over the host's files, runs
   one script there and stops the guest. Static, so that the initramfs needs nothing else. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void stop(void)
{
    sync();
    reboot(RB_AUTOBOOT); /* QEMU's -no-reboot makes it the end */
    _exit(1);
}

static void need(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "init: %s: %s\n", what, strerror(errno));
    stop();
}

static void load_modules(void)
{
    FILE *list = fopen("/modules", "r");
    char name[256], path[300];
    while (list && fgets(name, sizeof name, list)) {
        name[strcspn(name, "\n")] = 0;
        snprintf(path, sizeof path, "/mod/%s", name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
            fprintf(stderr, "init: %s: %s\n", path, strerror(errno));
        close(fd);
    }
}

int main(void)
{
    const char *nine = "trans=virtio,version=9p2000.L,msize=262144";
    char options[128];
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sys", "/sys", "sysfs", 0, NULL);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    load_modules();

    snprintf(options, sizeof options, "%s,cache=loose", nine);
    need(mount("host", "/lower", "9p", MS_RDONLY, options), "mount the host's files");
    need(mount("tmpfs", "/layer", "tmpfs", 0, NULL), "mount a layer");
    mkdir("/layer/up", 0755);
    mkdir("/layer/work", 0755);
    need(mount("overlay", "/new", "overlay", 0, "lowerdir=/lower,upperdir=/layer/up,workdir=/layer/work"), "overlay");
    mount("/proc", "/new/proc", NULL, MS_MOVE, NULL);
    mount("/sys", "/new/sys", NULL, MS_MOVE, NULL);
    mount("/dev", "/new/dev", NULL, MS_MOVE, NULL);
    need(chroot("/new") | chdir("/"), "chroot");
    mkdir("/dev/shm", 01777);
    mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
    mount("tmpfs", "/run", "tmpfs", 0, NULL);
    (void)!symlink("/proc/self/fd", "/dev/fd");
    mkdir("/run/guest", 0755);
    need(mount("run", "/run/guest", "9p", 0, nine), "mount the run's directory");

    pid_t child = fork();
    if (child == 0) {
        int in = open("/dev/null", O_RDONLY), out = open("/run/guest/output", O_WRONLY | O_CREAT | O_APPEND, 0644);
        dup2(in, 0);
        dup2(out, 1);
        dup2(out, 2);
        execl("/bin/bash", "bash", "/run/guest/start", (char *)NULL);
        _exit(127);
    }

    int status = 0;
    while (waitpid(-1, &status, 0) != child)
        ;
    FILE *code = fopen("/run/guest/code", "w");
    if (code) {
        fprintf(code, "%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        fclose(code);
    }
    stop();
}
