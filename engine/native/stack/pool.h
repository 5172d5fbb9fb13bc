// Threads that stay, and share out the tasks of one call at a time or of several.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace framelift::stack {

class Pool {
public:
    // `helpers` threads beside those that call `run`; they are started here. Throws std::system_error when the
    // machine has no more threads.
    explicit Pool(int helpers);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Calls task(0) ... task(count - 1), some in this thread and the others in helpers, and returns when all are
    // done. Any number of threads may call it at once. Throws what a task threw last.
    void run(std::ptrdiff_t count, const std::function<void(std::ptrdiff_t)>& task);

private:
    struct Call {
        const std::function<void(std::ptrdiff_t)>& task;
        std::ptrdiff_t count;
        std::ptrdiff_t next;
        std::ptrdiff_t unfinished;
        std::exception_ptr error;
    };

    void close();
    bool work_on(Call& call, std::unique_lock<std::mutex>& lock);
    void help();

    std::mutex mutex_;
    std::condition_variable called_, finished_;
    std::deque<Call*> calls_;  // those with tasks nobody has begun
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace framelift::stack
