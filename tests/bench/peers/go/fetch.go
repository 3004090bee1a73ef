// W16: an HTTP client on net/http. fetch URL N
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const connections = 64

func cpu() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

func main() {
	url := os.Args[1]
	n, _ := strconv.ParseInt(os.Args[2], 10, 64)
	left := n
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, MaxIdleConns: connections}}
	var group sync.WaitGroup
	before, start := cpu(), time.Now()
	for i := 0; i < connections; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for atomic.AddInt64(&left, -1) >= 0 {
				response, err := client.Get(url)
				if err != nil {
					panic(err)
				}
				text, err := io.ReadAll(response.Body)
				response.Body.Close()
				if err != nil || response.StatusCode != 200 || string(text) != "Hello, World!" {
					panic("wrong answer")
				}
			}
		}()
	}
	group.Wait()
	fmt.Printf("go w16 cpu_us_per_req %.2f us\n", (cpu()-before)*1e6/float64(n))
	fmt.Printf("go w16 rps %.0f /s\n", float64(n)/time.Since(start).Seconds())
}
