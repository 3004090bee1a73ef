int second(int);
int first(int n, (second(n))...);
