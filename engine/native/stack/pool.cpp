#include "pool.h"

#include <algorithm>

namespace framelift::stack {

Pool::Pool(int helpers) {
    threads_.reserve(helpers);
    try {
        for (int i = 0; i < helpers; ++i) threads_.emplace_back([this] { help(); });
    } catch (...) {
        close();
        throw;
    }
}

Pool::~Pool() { close(); }

void Pool::close() {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
    }
    called_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Pool::run(std::ptrdiff_t count, const std::function<void(std::ptrdiff_t)>& task) {
    if (count == 0) return;
    Call call{task, count, 0, count, nullptr};
    std::unique_lock lock(mutex_);
    if (count > 1 && !threads_.empty()) {
        calls_.push_back(&call);
        called_.notify_all();
    }
    while (work_on(call, lock)) {
    }
    finished_.wait(lock, [&] { return call.unfinished == 0; });
    if (call.error) std::rethrow_exception(call.error);
}

// Does one task of `call`, unless all are begun. The last one begun takes the call off the queue.
bool Pool::work_on(Call& call, std::unique_lock<std::mutex>& lock) {
    if (call.next == call.count) return false;
    const std::ptrdiff_t index = call.next++;
    if (call.next == call.count) {
        calls_.erase(std::remove(calls_.begin(), calls_.end(), &call), calls_.end());
    }
    lock.unlock();
    std::exception_ptr error;
    try {
        call.task(index);
    } catch (...) {
        error = std::current_exception();
    }
    lock.lock();
    if (error) call.error = error;
    if (--call.unfinished == 0) finished_.notify_all();
    return true;
}

void Pool::help() {
    std::unique_lock lock(mutex_);
    for (;;) {
        called_.wait(lock, [&] { return closing_ || !calls_.empty(); });
        if (closing_) return;
        work_on(*calls_.front(), lock);
    }
}

}  // namespace framelift::stack
