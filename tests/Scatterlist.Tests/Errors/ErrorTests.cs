namespace Scatterlist.Tests.Errors;

public sealed class ErrorTests
{
    [Fact]
    public void Every_errno_has_its_C_name_and_a_text()
    {
        foreach (Errno errno in Enum.GetValues<Errno>())
        {
            Assert.Equal(errno.ToString(), errno.Name());
            Assert.NotEmpty(errno.Description());
            Assert.DoesNotContain("Unknown error", errno.Description(), StringComparison.Ordinal);
        }

        Assert.Equal("EAGAIN", ((Errno)11).Name());
        Assert.Equal("Resource temporarily unavailable", Errno.EAGAIN.Description());
        Assert.Equal("no error", Errno.None.Description());
    }

    [Fact]
    public void A_number_without_a_name_keeps_its_value()
    {
        Assert.Equal("errno 1234", ((Errno)1234).Name());
        Assert.Contains("1234", ((Errno)1234).Description(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_is_success_end_of_file_or_failure()
    {
        Assert.Equal((0ul, Errno.None, true, false), Parts(default));
        Assert.Equal((4096ul, Errno.None, true, false), Parts(IoResult.Success(4096)));
        Assert.Equal((0ul, Errno.None, true, true), Parts(IoResult.EndOfFile()));
        Assert.Equal((5ul, Errno.None, true, true), Parts(IoResult.EndOfFile(5)));
        Assert.Equal((7ul, Errno.EFAULT, false, false), Parts(IoResult.Failure(Errno.EFAULT, 7)));
        Assert.Equal(ulong.MaxValue, IoResult.Success(ulong.MaxValue).Bytes);
        Assert.Throws<ArgumentException>(() => IoResult.Failure(Errno.None));

        static (ulong, Errno, bool, bool) Parts(IoResult r) => (r.Bytes, r.Errno, r.IsSuccess, r.IsEndOfFile);
    }

    [Fact]
    public void Results_compare_by_what_they_say()
    {
        IoResult[] all =
        [
            default, IoResult.Success(1), IoResult.EndOfFile(), IoResult.EndOfFile(1),
            IoResult.Failure(Errno.EIO), IoResult.Failure(Errno.EIO, 1), IoResult.Failure(Errno.EAGAIN),
        ];
        for (int i = 0; i < all.Length; i++)
        {
            for (int j = 0; j < all.Length; j++)
            {
                Assert.Equal(i == j, all[i] == all[j]);
                Assert.Equal(i != j, all[i] != all[j]);
                Assert.Equal(i == j, all[i].Equals((object)all[j]));
            }
        }

        Assert.Equal(IoResult.Success(9).GetHashCode(), IoResult.Success(9).GetHashCode());
        Assert.True(default == IoResult.Success(0));
    }

    [Fact]
    public void Results_print_for_people()
    {
        Assert.Equal("4096 bytes", IoResult.Success(4096).ToString());
        Assert.Equal("3 bytes, end of file", IoResult.EndOfFile(3).ToString());
        Assert.Equal("EBADF after 0 bytes", IoResult.Failure(Errno.EBADF).ToString());
    }

    [Fact]
    public void An_exception_names_the_call_the_error_the_detail_and_the_remedy()
    {
        var cause = new InvalidOperationException("cause");
        var e = new ScatterlistException(
            "mlock(4096 bytes)", Errno.EPERM, "the page is pinned", "Raise the limit.", cause);
        Assert.Equal(
            "mlock(4096 bytes) failed: EPERM (Operation not permitted): the page is pinned. Raise the limit.", e.Message);
        Assert.Equal("mlock(4096 bytes)", e.Operation);
        Assert.Equal(Errno.EPERM, e.Errno);
        Assert.Equal((int)Errno.EPERM, e.HResult);
        Assert.Equal("Raise the limit.", e.Remedy);
        Assert.Same(cause, e.InnerException);
        Assert.IsType<IOException>(e, exactMatch: false);
    }

    [Fact]
    public void An_exception_without_parts_is_still_a_sentence()
    {
        Assert.Equal("open(\"x\") failed.", new ScatterlistException("open(\"x\")", Errno.None).Message);
        Assert.Equal("open() failed: ENOENT (No such file or directory).",
            new ScatterlistException("open()", Errno.ENOENT).Message);
        Assert.Equal("open() failed: gone.", new ScatterlistException("open()", Errno.None, "gone.").Message);
        var plain = new ScatterlistException("plain");
        Assert.Equal(("plain", "", Errno.None, null), (plain.Message, plain.Operation, plain.Errno, plain.Remedy));
        Assert.NotEmpty(new ScatterlistException().Message);
        Assert.NotNull(new ScatterlistException("outer", plain).InnerException);
    }

    [Fact]
    public void Remedies_name_the_exact_numbers()
    {
        Assert.Contains("at least 5 KiB", Remedies.LockedMemory(4097), StringComparison.Ordinal);
        Assert.Contains("LimitMEMLOCK=infinity", Remedies.LockedMemory(1), StringComparison.Ordinal);
        Assert.Contains("'echo 3 | sudo tee -a /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages'",
            Remedies.HugePages(3, 1 << 30), StringComparison.Ordinal);
        Assert.Contains("ulimit -n", Remedies.OpenFiles, StringComparison.Ordinal);
        Assert.NotEmpty(Remedies.Memory);
    }
}
