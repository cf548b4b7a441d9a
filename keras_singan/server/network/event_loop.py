"""An event loop in a thread of its own."""

import asyncio
import concurrent.futures
import threading


class EventLoop:
    """Runs coroutines for code that is not asynchronous."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        # What blocks for a moment, such as inflating: the peers take turns.
        self._loop.set_default_executor(
            concurrent.futures.ThreadPoolExecutor(1, "keras-singan blocking")
        )
        self._thread = threading.Thread(
            target=self._run, name="keras-singan network", daemon=True
        )
        self._thread.start()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def run(self, coroutine):
        """Runs a coroutine in the loop; returns its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self):
        """Cancels what still runs, and ends the thread."""
        self.run(_cancel_all())
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_all():
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
