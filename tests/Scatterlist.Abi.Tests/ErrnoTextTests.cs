using System.Globalization;
using Scatterlist.Testing;

namespace Scatterlist.Abi.Tests;

public sealed class ErrnoTextTests
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <stdio.h>
        #include <string.h>
        int main(void) {
            for (int i = 1; i < 134; i++)
                if (strerrorname_np(i))
                    printf("%d\t%s\t%s\n", i, strerrorname_np(i), strerror(i));
            return 0;
        }
        """;

    [Fact]
    public void Names_and_texts_are_the_C_librarys()
    {
        string? refusal = CProgram.TryCompile(Source, out CProgram? program);
        Assert.SkipWhen(refusal is not null, "the C library has no strerrorname_np (glibc 2.32 has)");
        var c = program!.RunChecked().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t'))
            .ToDictionary(parts => (Errno)int.Parse(parts[0], CultureInfo.InvariantCulture));
        foreach (Errno errno in Enum.GetValues<Errno>().Where(errno => errno != Errno.None))
        {
            Assert.Equal(c[errno][2], errno.Description());
            // EWOULDBLOCK, EDEADLOCK and ENOTSUP are second names of the same numbers.
            string name = c[errno][1];
            Assert.Equal(name == "ENOTSUP" ? "EOPNOTSUPP" : name == "EDEADLOCK" ? "EDEADLK" : name, errno.Name());
        }
    }
}
