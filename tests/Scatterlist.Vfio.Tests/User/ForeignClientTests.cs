namespace Scatterlist.Vfio.Tests.User;

/// <summary>A client in C that knows the protocol from its text and shares no line with ours.</summary>
public sealed class ForeignClientTests
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/eventfd.h>
        #include <sys/mman.h>
        #include <sys/socket.h>
        #include <sys/uio.h>
        #include <sys/un.h>
        #include <unistd.h>
        #include <linux/vfio.h>

        struct head { uint16_t id, command; uint32_t size, flags, error; };
        struct map { uint32_t argsz, flags; uint64_t offset, address, size; };
        struct unmap { uint32_t argsz, flags; uint64_t address, size; };
        struct access { uint64_t offset; uint32_t region, count; };

        static int sock;
        static uint16_t id;

        static void die(const char *what) { perror(what); exit(1); }

        static void get(void *to, size_t n)
        {
            for (char *p = to; n > 0;) {
                ssize_t r = read(sock, p, n);
                if (r <= 0) die("read");
                p += r; n -= r;
            }
        }

        /* Sends a command; returns the error of its reply and puts the payload into reply. */
        static uint32_t ask(uint16_t command, const void *a, size_t an, const void *b, size_t bn, int fd,
                            void *reply, size_t room)
        {
            struct head h = { ++id, command, (uint32_t)(sizeof h + an + bn), 0, 0 };
            struct iovec parts[3] = { { &h, sizeof h }, { (void *)a, an }, { (void *)b, bn } };
            char control[CMSG_SPACE(sizeof(int))] = { 0 };
            struct msghdr m = { .msg_iov = parts, .msg_iovlen = 3 };
            if (fd >= 0) {
                m.msg_control = control;
                m.msg_controllen = sizeof control;
                struct cmsghdr *c = CMSG_FIRSTHDR(&m);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(c), &fd, sizeof fd);
            }
            if (sendmsg(sock, &m, 0) != (ssize_t)h.size) die("sendmsg");
            struct head r;
            get(&r, sizeof r);
            if (r.id != h.id || r.command != command || (r.flags & 15) != 1 || r.size < sizeof r) {
                fprintf(stderr, "a wrong reply to %u\n", command);
                exit(1);
            }
            char payload[65536];
            get(payload, r.size - sizeof r);
            if (r.size - sizeof r > room) { fprintf(stderr, "a long reply to %u\n", command); exit(1); }
            memcpy(reply, payload, r.size - sizeof r);
            return r.flags & 0x20 ? r.error ? r.error : 1 : 0;
        }

        static void put64(uint64_t offset, uint64_t value)
        {
            struct access a = { offset, 0, 8 }, r;
            if (ask(10, &a, sizeof a, &value, 8, -1, &r, sizeof r) || memcmp(&a, &r, sizeof a)) die("write");
        }

        int main(int argc, char **argv)
        {
            struct sockaddr_un to = { .sun_family = AF_UNIX };
            strncpy(to.sun_path, argv[1], sizeof to.sun_path - 1);
            sock = socket(AF_UNIX, SOCK_STREAM, 0);
            if (connect(sock, (struct sockaddr *)&to, sizeof to)) die("connect");

            char text[4096];
            uint16_t version[2] = { 0, 1 };
            const char *caps = "{\"capabilities\":{\"max_msg_fds\":1,\"twin_socket\":{\"supported\":false}}}";
            if (ask(1, version, 4, caps, strlen(caps) + 1, -1, text, sizeof text)) die("version");

            struct vfio_device_info info = { .argsz = 16 };
            if (ask(4, &info, 16, NULL, 0, -1, &info, 16)) die("info");
            printf("regions %u irqs %u reset %u\n", info.num_regions, info.num_irqs, info.flags & 1);

            struct vfio_region_info region = { .argsz = sizeof region, .index = 0 };
            if (ask(5, &region, sizeof region, NULL, 0, -1, &region, sizeof region)) die("region");
            printf("bar0 %llu flags %u\n", (unsigned long long)region.size, region.flags);

            struct vfio_irq_info irq = { .argsz = sizeof irq, .index = VFIO_PCI_MSIX_IRQ_INDEX };
            if (ask(7, &irq, sizeof irq, NULL, 0, -1, &irq, sizeof irq)) die("irq");
            printf("msix %u\n", irq.count);

            int event = eventfd(0, 0);
            struct vfio_irq_set set = { 20, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
                                        VFIO_PCI_MSIX_IRQ_INDEX, 5, 1 };
            if (ask(8, &set, 20, NULL, 0, event, text, 0)) die("set irqs");

            int mem = memfd_create("c client", MFD_ALLOW_SEALING);
            if (ftruncate(mem, 8192)) die("ftruncate");
            int sealed = argc > 2 && fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK) == 0;
            printf("sealed %d\n", sealed);
            char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
            strcpy(p, "what the device shall copy");
            struct map map = { sizeof map, 3, 0, 0x40000, 8192 };
            if (ask(2, &map, sizeof map, NULL, 0, mem, text, 0)) die("map");
            printf("overlap %u\n", ask(2, &map, sizeof map, NULL, 0, mem, text, 0));

            put64(0x08, 0x40000);       /* source */
            put64(0x10, 0x40000 + 4096);/* destination */
            put64(0x18, 64);            /* length */
            put64(0x30, 5);             /* vector */
            put64(0x20, 1);             /* start */
            uint64_t count;
            if (read(event, &count, 8) != 8) die("event");
            printf("event %llu, %s\n", (unsigned long long)count, p + 4096);

            struct unmap unmap = { sizeof unmap, 0, 0x40000, 8192 };
            if (ask(3, &unmap, sizeof unmap, NULL, 0, -1, &unmap, sizeof unmap)) die("unmap");
            printf("unmapped %llu\n", (unsigned long long)unmap.size);
            if (ask(3, &unmap, sizeof unmap, NULL, 0, -1, &unmap, sizeof unmap)) die("unmap again");
            printf("then %llu\n", (unsigned long long)unmap.size);
            if (ask(13, NULL, 0, NULL, 0, -1, text, 0)) die("reset");
            return 0;
        }
        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_drives_the_card(bool isSealed)
    {
        CProgram program = CProgram.Compile(Source);
        using var directory = new TempDirectory();
        using var card = new TestCard();
        using VfioUserServer server = VfioUserServer.Start(directory["card"], card);
        string output = isSealed ? program.RunChecked(server.Path, "sealed") : program.RunChecked(server.Path);
        string expected = $"""
            regions 9 irqs 5 reset 1
            bar0 4096 flags 3
            msix 8
            sealed {(isSealed ? 1 : 0)}
            overlap 17
            event 1, what the device shall copy
            unmapped 8192
            then 0

            """;
        Assert.Equal(expected, output);
        Assert.Equal(1, card.Resets);
    }
}
