using System.Diagnostics;
using System.Globalization;
using Scatterlist.Testing;

namespace Scatterlist.Vrtd.Emulator.Tests;

/// <summary>Clients in other processes, in C, that know nothing of Scatterlist.</summary>
public sealed class OtherProcessTests : IDisposable
{
    /// <summary>
    /// Speaks version 1 over a raw socket: counts the devices, opens 64 MiB, moves a page with lseek, write and read as
    /// libvrtd does, closes. With a second argument it stays with its buffer open until it is killed; with a third it
    /// becomes that user first.
    /// </summary>
    private const string Source =
        """
        #define _GNU_SOURCE
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/un.h>
        #include <unistd.h>

        struct header { uint16_t size, code; uint32_t seqno; } __attribute__((packed));
        struct open_req { uint32_t dev, type, dir; uint64_t arg, size; } __attribute__((packed));
        struct open_resp { uint64_t size, addr; } __attribute__((packed));
        struct close_req { uint32_t dev; uint64_t addr, size; } __attribute__((packed));

        static int ask(int s, uint16_t op, const void *req, uint16_t len, void *resp, size_t resp_len, int *fd)
        {
            char out[256], in[256], control[CMSG_SPACE(sizeof(int))];
            struct header *h = (struct header *)out, *r = (struct header *)in;
            h->size = len; h->code = op; h->seqno = 1;
            memcpy(out + sizeof *h, req, len);
            if (send(s, out, sizeof *h + len, MSG_NOSIGNAL) != (ssize_t)(sizeof *h + len))
                return -1;
            struct iovec iov = { in, sizeof *r + resp_len };
            struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
            m.msg_control = control;
            m.msg_controllen = sizeof control;
            ssize_t n = recvmsg(s, &m, MSG_CMSG_CLOEXEC);
            if (n < (ssize_t)sizeof *r || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || n != (ssize_t)sizeof *r + r->size)
                return -2;
            memcpy(resp, in + sizeof *r, n - sizeof *r);
            struct cmsghdr *c = CMSG_FIRSTHDR(&m);
            if (fd)
                *fd = c && c->cmsg_type == SCM_RIGHTS ? *(int *)CMSG_DATA(c) : -1;
            return r->code;
        }

        int main(int argc, char **argv)
        {
            if (argc > 3 && (setgid(atoi(argv[3])) || setuid(atoi(argv[3]))))
                return 10;
            struct sockaddr_un a = { .sun_family = AF_UNIX };
            strncpy(a.sun_path, argv[1], sizeof a.sun_path - 1);
            int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), fd;
            if (connect(s, (struct sockaddr *)&a, sizeof a))
                return 11;
            char none = 0;
            uint32_t count = 0;
            if (ask(s, 0, &none, 1, &count, sizeof count, 0) || count != 1)
                return 12;
            struct open_req o = { 0, 1, 0, 5, 1000 };
            struct open_resp b;
            int code = ask(s, 10, &o, sizeof o, &b, sizeof b, &fd);
            if (code) {
                printf("%d\n", code);
                return 0;
            }
            if (b.size != 64u << 20 || b.addr != 0x40A0000000 || fd < 0)
                return 14;
            static char page[4096], back[4096];
            for (int i = 0; i < 4096; i++)
                page[i] = (char)(i * 7);
            if (lseek(fd, b.addr, SEEK_SET) != (off_t)b.addr || write(fd, page, 4096) != 4096)
                return 15;
            if (lseek(fd, b.addr, SEEK_SET) != (off_t)b.addr || read(fd, back, 4096) != 4096)
                return 18;
            if (memcmp(page, back, 4096))
                return 16;
            if (argc > 2 && argv[2][0] == 's') {
                printf("ready\n");
                fflush(stdout);
                pause();
            }
            struct close_req c = { 0, b.addr, b.size };
            if (ask(s, 11, &c, sizeof c, &none, 1, 0))
                return 17;
            printf("0\n");
            return 0;
        }
        """;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_client_in_C_moves_bytes_through_a_buffer()
    {
        using EmulatedDaemon daemon = Start();
        Assert.Equal("0\n", CProgram.Compile(Source).RunChecked(daemon.SocketPath!));
        Eventually.True(
            () => daemon.GetStatistics() is { Connections: 0, Buffers: 0, CommittedBytes: 0 }, "nothing is left");
    }

    [Fact]
    public void A_process_that_is_killed_leaves_nothing()
    {
        using EmulatedDaemon daemon = Start();
        using Process client = CProgram.Compile(Source).Start(daemon.SocketPath!, "stay");
        Assert.Equal("ready", client.StandardOutput.ReadLine());
        Assert.Equal(1, daemon.GetStatistics().Buffers);
        Assert.NotEqual(0UL, daemon.GetStatistics().CommittedBytes);
        client.Kill();
        client.WaitForExit();
        Eventually.True(
            () => daemon.GetStatistics() is { Connections: 0, Buffers: 0, CommittedBytes: 0 }, "nothing is left");
    }

    [Fact]
    public void A_user_without_a_passwd_entry_is_served_by_its_number()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can become a user without a passwd entry");
        const uint stranger = 3_123_456;
        Assert.Null(SystemAccounts.Instance.GroupsOf(stranger));
        string path = _directory["open/vrtd.sock"];
        Directory.CreateDirectory(_directory["open"]);
        const UnixFileMode everybody = (UnixFileMode)0x1FF;
        File.SetUnixFileMode(_directory.Path, everybody);
        File.SetUnixFileMode(_directory["open"], everybody);
        VrtdConfiguration queriesOnly = VrtdConfiguration.Parse(
            "[role:see]\nquery-devices = yes\n[user:*]\nrole = see\n");
        using EmulatedDaemon daemon = EmulatedDaemon.Start(
            new EmulatorOptions { SocketPath = path, SocketMode = everybody, Configuration = queriesOnly });
        string number = stranger.ToString(CultureInfo.InvariantCulture);
        string program = CopyToWhereAnybodyCanRunIt(CProgram.Compile(Source).Path);
        using Process client = Process.Start(new ProcessStartInfo(program, [path, "-", number])
        {
            RedirectStandardOutput = true,
        })!;
        string output = client.StandardOutput.ReadToEnd();
        client.WaitForExit();
        Assert.Equal((0, $"{(int)VrtdReturnCode.AuthError}\n"), (client.ExitCode, output));
        Assert.Null(daemon.UnexpectedError);
    }

    private string CopyToWhereAnybodyCanRunIt(string program)
    {
        string copy = _directory["open/client"];
        File.Copy(program, copy);
        File.SetUnixFileMode(copy, (UnixFileMode)0x1ED); // 0755
        return copy;
    }

    private EmulatedDaemon Start() =>
        EmulatedDaemon.Start(new EmulatorOptions { SocketPath = _directory["vrtd.sock"] });
}
