int first(int n...);int g(int (*)(int)...);int h(int n, (n)...);
