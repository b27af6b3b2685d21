using Scatterlist.Compare;

return CompareProgram.Run(args, Console.Out, Console.Error);
