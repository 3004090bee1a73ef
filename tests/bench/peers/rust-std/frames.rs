//! How large futures are: twenty async functions, the same as in frames.ac, each line `NAME BYTES`.
use std::future::Future;
use std::hint::black_box;
use std::mem::{size_of_val, MaybeUninit};
use std::pin::Pin;
use std::task::{Context, Poll};

struct Yield(bool);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Something the optimizer cannot do without.
fn use_it<T: ?Sized>(x: &T) {
    black_box(x);
}

fn array<T: Copy, const N: usize>(zero: T) -> [T; N] {
    let a: MaybeUninit<[T; N]> = MaybeUninit::new([zero; N]);
    unsafe { a.assume_init() }
}

async fn wait1() {
    Yield(false).await
}

async fn nothing(a: i32) -> i32 {
    a + 1
}

async fn parameter(a: i32) -> i32 {
    wait1().await;
    a
}

async fn local(a: i32) -> i32 {
    let b = a * 2;
    wait1().await;
    b
}

async fn dead_local(a: i32) -> i32 {
    let b = a * 2;
    let c = b + 1;
    use_it(&c);
    wait1().await;
    a
}

async fn two_awaits(a: i32) -> i32 {
    let b = parameter(a).await;
    let c = local(b).await;
    b + c
}

async fn siblings(a: i32) -> i32 {
    if a > 0 {
        let text: [u8; 64] = array(0);
        use_it(&text);
        wait1().await;
        use_it(&text);
    } else {
        let numbers: [f64; 8] = array(0.0);
        use_it(&numbers);
        wait1().await;
        use_it(&numbers);
    }
    a
}

async fn siblings_in_turn(a: i32) -> i32 {
    {
        let first: [u8; 100] = array(0);
        use_it(&first);
        wait1().await;
        use_it(&first);
    }
    {
        let second: [u8; 100] = array(0);
        use_it(&second);
        wait1().await;
        use_it(&second);
    }
    {
        let third: [u8; 100] = array(0);
        use_it(&third);
        wait1().await;
        use_it(&third);
    }
    a
}

async fn loop_(n: i32) -> i64 {
    let mut sum = 0;
    for i in 0..n {
        wait1().await;
        sum += i as i64;
    }
    sum
}

async fn nested_loops(n: i32) -> i64 {
    let mut sum = 0;
    for i in 0..n {
        for k in 0..i {
            wait1().await;
            sum += k as i64;
        }
    }
    sum
}

async fn buffer() -> i32 {
    let bytes: [u8; 1024] = array(0);
    use_it(&bytes);
    wait1().await;
    use_it(&bytes);
    bytes[0] as i32
}

async fn dead_buffer() -> i32 {
    {
        let bytes: [u8; 1024] = array(0);
        use_it(&bytes);
    }
    wait1().await;
    0
}

async fn depth1(a: i32) -> i32 {
    local(a).await + 1
}
async fn depth2(a: i32) -> i32 {
    depth1(a).await + 1
}
async fn depth3(a: i32) -> i32 {
    depth2(a).await + 1
}

async fn branches(a: i32) -> i32 {
    if a == 1 {
        return parameter(a).await;
    }
    if a == 2 {
        return local(a).await;
    }
    if a == 3 {
        return buffer().await;
    }
    depth2(a).await
}

async fn large_callees_in_turn() -> i32 {
    let a = buffer().await;
    let b = buffer().await;
    a + b
}

async fn sum_of(a: i64, b: i64) -> i64 {
    wait1().await;
    a + b
}

async fn arguments(a: i64) -> i64 {
    sum_of(sum_of(a, 1).await, sum_of(a, 2).await).await
}

#[derive(Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
    #[allow(dead_code)]
    z: f64,
}

async fn structure(p: Point) -> Point {
    let mut q = p;
    wait1().await;
    q.x += p.y;
    q
}

async fn structures() -> f64 {
    let mut p = Point { x: 1.0, y: 2.0, z: 3.0 };
    p = structure(p).await;
    p = structure(p).await;
    p.x
}

async fn handler(fd: i32) -> i32 {
    let request: [u8; 512] = array(0);
    let mut size = parameter(fd).await;
    use_it(&request);
    while size > 0 {
        let line: [u8; 128] = array(0);
        use_it(&line);
        size = local(size).await;
        use_it(&line);
    }
    use_it(&request);
    size
}

async fn server(n: i32) -> i32 {
    let mut handled = 0;
    for i in 0..n {
        let fd = parameter(i).await;
        if fd >= 0 {
            handled += handler(fd).await;
        }
    }
    handled
}

fn main() {
    println!("nothing {}", size_of_val(&nothing(1)));
    println!("parameter {}", size_of_val(&parameter(1)));
    println!("local {}", size_of_val(&local(1)));
    println!("dead_local {}", size_of_val(&dead_local(1)));
    println!("two_awaits {}", size_of_val(&two_awaits(1)));
    println!("siblings {}", size_of_val(&siblings(1)));
    println!("siblings_in_turn {}", size_of_val(&siblings_in_turn(1)));
    println!("loop {}", size_of_val(&loop_(1)));
    println!("nested_loops {}", size_of_val(&nested_loops(1)));
    println!("buffer {}", size_of_val(&buffer()));
    println!("dead_buffer {}", size_of_val(&dead_buffer()));
    println!("depth1 {}", size_of_val(&depth1(1)));
    println!("depth3 {}", size_of_val(&depth3(1)));
    println!("branches {}", size_of_val(&branches(1)));
    println!("large_callees_in_turn {}", size_of_val(&large_callees_in_turn()));
    println!("arguments {}", size_of_val(&arguments(1)));
    println!("structure {}", size_of_val(&structure(Point { x: 0.0, y: 0.0, z: 0.0 })));
    println!("structures {}", size_of_val(&structures()));
    println!("handler {}", size_of_val(&handler(1)));
    println!("server {}", size_of_val(&server(1)));
}
